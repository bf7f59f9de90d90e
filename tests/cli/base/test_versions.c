#define _GNU_SOURCE
#include "cli/base/versions.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/version.h"

Test(versions, program_and_libraries)
{
    static const char *const subject[] = {"\nbuilt by ", "\nkernels ", "\nBLAS ",    "\nOpenMP ", "\nutf8proc ",
                                          "\njansson ",  "\nlibyaml ", "\nzlib    ", "\nxxHash "};
    char *text = NULL, expected[80];
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    cr_assert_eq(qp_versions_print(stream), 0);
    cr_assert_eq(fclose(stream), 0);
    cr_assert_eq(strncmp(text, "quipu " QP_VERSION "\n", strlen("quipu " QP_VERSION "\n")), 0, "%s", text);
    for (size_t i = 0; i < sizeof subject / sizeof *subject; i++)
        cr_expect(strstr(text, subject[i]), "%s is not in %s", subject[i], text);
    snprintf(expected, sizeof expected, " %s (Unicode %s)\n", utf8proc_version(), utf8proc_unicode_version());
    cr_assert(strstr(text, expected), "%s", text);
    free(text);
}
