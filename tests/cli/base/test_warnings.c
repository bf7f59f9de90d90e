#define _GNU_SOURCE
#include "cli/base/warnings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is printed of a warning that `lines` lines have; the caller frees it. */
static char *printed(int lines)
{
    qp_warning warning = {.count = 0};
    char *text = NULL;
    size_t bytes;
    for (int i = 1; i <= lines; i++) qp_warning_add(&warning, "file", 10 * i, "%d tokens", i);
    FILE *before = stderr;
    stderr = open_memstream(&text, &bytes);
    qp_warning_report(&warning);
    fclose(stderr);
    stderr = before;
    return text;
}

Test(warnings, one_for_each_kind)
{
    static const char *const expected[] = {"", "quipu: warning: file:10: 1 tokens\n",
                                           "quipu: warning: file:10: 1 tokens (the same in 1 more line)\n",
                                           "quipu: warning: file:10: 1 tokens (the same in 2 more lines)\n"};
    for (int lines = 0; lines < 4; lines++) {
        char *text = printed(lines);
        cr_assert_str_eq(text, expected[lines]);
        free(text);
    }
}
