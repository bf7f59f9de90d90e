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
    expect_clean("क\u094D\u200Cष", "क\u094D\u200Cष");
    expect_clean("\u0903", "◌\u0903");
    expect_clean("\u20DD", "◌\u20DD");
    expect_clean("a\u0301", "a\u0301");
    expect_clean("a\u3000\u00A0b", "a␣␣b");
    expect_clean("\u0378\u00AD\u2028\u2029\x7f", "<U+0378><U+00AD><U+2028><U+2029><U+007F>");
    expect_clean("\xed\xa0\x80", "<0xED><0xA0><0x80>"); /* half of a surrogate pair */
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
    cr_assert_eq(qp_label_width("❤\uFE0F\u200D🔥"), 2, "the second is wider than the first");
    cr_assert_eq(qp_label_length("❤\uFE0F\u200D🔥x"), 2);
    cr_assert_eq(qp_label_length("\u1100\u1161\u11A8"), 1, "parts of one syllable");
}

Test(label, one_character_after_the_other)
{
    static const char text[] = "e\u0301한x";
    static const int bytes[] = {3, 3, 1, 0}, width[] = {1, 2, 1, 0};
    const char *at = text;
    for (int i = 0; i < 4; i++) {
        int columns = -1;
        cr_expect_eq(qp_label_next(at, &columns), bytes[i], "%d", i);
        cr_expect_eq(columns, width[i], "%d", i);
        at += bytes[i];
    }
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
    expect_fit("도서관에서", 2, "..", 2);
    expect_fit("도서관에서", 3, "..", 2);
    expect_fit("abcd", 3, "a..", 3);
    expect_fit("a▁b", 2, "..", 2);
    expect_fit("e\u0301\u0302", 1, "e\u0301\u0302", 1);
    expect_fit("도서관", 6, "도서관", 6);
    expect_fit("ab", 0, "", 0);
}

Test(label, spaces_look_alike)
{
    expect_fit("▁나는▁", 6, "␣나는␣", 6);
    expect_fit("␣a", 6, "␣a", 2);
    cr_assert(qp_label_is_space("▁a") && qp_label_is_space("␣") && !qp_label_is_space("a▁") && !qp_label_is_space(""));
}
