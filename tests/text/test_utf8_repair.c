#include "lib/text/utf8_repair.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void repaired(const char *from, size_t bytes, const char *expected)
{
    char *text = malloc(bytes + 1);
    memcpy(text, from, bytes);
    text[bytes] = '\0';
    cr_assert_eq(qp_utf8_repair(&text, &bytes), QP_OK);
    cr_assert_str_eq(text, expected);
    cr_assert_eq(bytes, strlen(expected));
    free(text);
}

Test(utf8_repair, bytes_that_are_not_utf8_become_replacements)
{
    repaired("", 0, "");
    repaired("Zo\u00e9", 4, "Zo\u00e9");
    repaired("a\xE9" "b", 3, "a\uFFFDb");
    repaired("\xEA\xB0", 2, "\uFFFD\uFFFD");
    repaired("\xF0\x9F\x98\x80\x80", 5, "\U0001F600\uFFFD");
}

Test(utf8_repair, blank_text)
{
    cr_assert(qp_utf8_is_blank("", 0) && qp_utf8_is_blank(" \t\r", 3) && qp_utf8_is_blank("\u3000\u00a0", 5));
    cr_assert(!qp_utf8_is_blank(" \u3000", 3), "the space is cut off");
    cr_assert(!qp_utf8_is_blank(" a", 2) && !qp_utf8_is_blank("\xE9", 1) && !qp_utf8_is_blank("\0", 1));
}
