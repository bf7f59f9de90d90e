#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/picture/label.h"

static void expect_clean(const char *text, const char *expected)
{
    qp_text_buffer buffer = {0};
    char *clean;
    qp_label_clean(&buffer, text);
    cr_assert_eq(qp_text_finish(&buffer, &clean, NULL), QP_OK);
    cr_assert_str_eq(clean, expected);
    free(clean);
}

Test(label, hostile_tokens_become_printable)
{
    expect_clean("▁나는", "▁나는");
    expect_clean("", "∅");
    expect_clean(" a\t\r\n", "␣a⇥↵↵");
    expect_clean("\033[31m", "<U+001B>[31m");
    expect_clean("a\u202Eb", "a<U+202E>b");
    expect_clean("\xff\xc3", "<0xFF><0xC3>");
    expect_clean("\u0301x", "◌\u0301x");
    expect_clean("\uE000", "<U+E000>");
    expect_clean("👩\u200D🚀", "👩\u200D🚀");
}

Test(label, widths)
{
    cr_assert_eq(qp_label_width("abc"), 3);
    cr_assert_eq(qp_label_width("한글"), 4);
    cr_assert_eq(qp_label_width("e\u0301"), 1);
    cr_assert_eq(qp_label_length("e\u0301x"), 2);
    cr_assert_eq(qp_label_length("한글"), 2);
    cr_assert_eq(qp_label_width("👩\u200D🚀"), 2);
    cr_assert_eq(qp_label_length("👩\u200D🚀"), 1);
    cr_assert_eq(qp_label_length(""), 0);
}

static void expect_fit(const char *text, int columns, const char *expected, int used)
{
    qp_text_buffer buffer = {0};
    char *fit;
    cr_assert_eq(qp_label_fit(&buffer, text, columns), used, "%s", text);
    cr_assert_eq(qp_text_finish(&buffer, &fit, NULL), QP_OK);
    cr_assert_str_eq(fit, expected);
    free(fit);
}

Test(label, fitting)
{
    expect_fit("library", 7, "library", 7);
    expect_fit("library", 6, "libr..", 6);
    expect_fit("도서관에서", 6, "도서..", 6);
    expect_fit("도서관에서", 5, "도..", 4);
    expect_fit("도서관에서", 1, ".", 1);
    expect_fit("도서관", 6, "도서관", 6);
    expect_fit("ab", 0, "", 0);
}

Test(label, spaces_look_alike)
{
    expect_fit("▁나는▁", 6, "␣나는␣", 6);
    expect_fit("␣a", 6, "␣a", 2);
    cr_assert(qp_label_is_space("▁a") && qp_label_is_space("␣") && !qp_label_is_space("a▁") && !qp_label_is_space(""));
}
