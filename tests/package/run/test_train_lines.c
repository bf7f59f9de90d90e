#include "lib/run/train_lines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Source and target of each pair in turn; after the last one there is no line. */
Test(train_lines, both_sides_in_turn)
{
    static const char *const expected[] = {"a b", "c", "d", "e f", NULL, NULL};
    char path[64];
    snprintf(path, sizeof path, "/tmp/quipu-lines-%d", (int)getpid());
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs("a b\tc\nd\te f\n", file) >= 0 && fclose(file) == 0);
    const qp_text_files files = {.kind = QP_TEXT_TABBED, .source = path};
    qp_train_lines lines = {.files = &files, .source = true, .target = true};
    for (int i = 0; i < 6; i++) {
        const char *line = "before";
        size_t bytes = 0;
        cr_assert_eq(qp_train_lines_next(&lines, &line, &bytes), QP_OK, "%s", qp_error_message());
        cr_assert_eq(line == NULL, expected[i] == NULL, "line %d", i);
        if (line) cr_expect(bytes == strlen(expected[i]) && memcmp(line, expected[i], bytes) == 0, "%s", line);
    }
    qp_train_lines_close(&lines);
    unlink(path);
}
