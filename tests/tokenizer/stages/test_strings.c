#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/stages/strings.h"

static qp_text view(const char *text) { return (qp_text){text, strlen(text)}; }

static void expect(const qp_strings *s, size_t i, const char *wanted)
{
    qp_text text = qp_strings_get(s, i);
    cr_assert_eq(text.bytes, strlen(wanted));
    cr_assert_eq(memcmp(text.text, wanted, text.bytes), 0, "%.*s", (int)text.bytes, text.text);
}

Test(strings, put_and_replace)
{
    qp_strings s = {0};
    cr_assert_eq(qp_strings_put(&s, "ab", 2), QP_OK);
    cr_assert_eq(qp_strings_put(&s, "c", 1), QP_OK);
    cr_assert_eq(qp_strings_end(&s), QP_OK);
    cr_assert_eq(qp_strings_replaced(&s, view("x--y--"), view("--"), view("+")), QP_OK);
    cr_assert_eq(qp_strings_end(&s), QP_OK);
    cr_assert_eq(qp_strings_replaced(&s, view("xy"), view(""), view("+")), QP_OK);
    cr_assert_eq(qp_strings_end(&s), QP_OK);
    expect(&s, 0, "abc");
    expect(&s, 1, "x+y+");
    expect(&s, 2, "xy");
    qp_strings_free(&s);
}

/* As Rust's String::from_utf8_lossy. */
Test(strings, lossy)
{
    static const char *const text[][2] = {{"a\xFF"
                                           "b",
                                           "a\uFFFDb"},
                                          {"\xE2\x82", "\uFFFD"},
                                          {"\xF0\x9F\x98", "\uFFFD"},
                                          {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
                                          {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
                                          {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                                          {"\xC3\xA9", "\u00E9"}};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        qp_strings s = {0};
        cr_assert_eq(qp_strings_lossy(&s, text[i][0], strlen(text[i][0])), QP_OK);
        cr_assert_eq(qp_strings_end(&s), QP_OK);
        expect(&s, 0, text[i][1]);
        qp_strings_free(&s);
    }
}
