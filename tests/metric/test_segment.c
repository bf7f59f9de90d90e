#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/metric/segment.h"
#include "tests/metric/sample_text.h"

static void expect_lower(const char *text, const int32_t *expected, int count)
{
    qp_codes codes = {0};
    qp_codes_read(&codes, segment_of(text), true);
    cr_assert_eq(codes.count, count, "%s", text);
    for (int i = 0; i < count; i++)
        cr_assert_eq(codes.code[i], expected[i], "%s: %d: %x", text, i, (unsigned)codes.code[i]);
    qp_codes_free(&codes);
}

Test(segment, lower_case_is_that_of_python)
{
    expect_lower("AÄß", (int32_t[]){'a', 0xE4, 0xDF}, 3);
    expect_lower("İ", (int32_t[]){'i', 0x307}, 2);
    expect_lower("ΑΣ", (int32_t[]){0x3B1, 0x3C2}, 2);
    expect_lower("ΑΣ'", (int32_t[]){0x3B1, 0x3C2, '\''}, 3);
    expect_lower("ΑΣ'Α", (int32_t[]){0x3B1, 0x3C3, '\'', 0x3B1}, 4);
    expect_lower("Σ", (int32_t[]){0x3C3}, 1);
    expect_lower("\xff가", (int32_t[]){0xDCFF, 0xAC00}, 2);
}

Test(segment, words_are_those_of_python_split)
{
    qp_codes codes = {0};
    qp_codes_read(&codes,
                  segment_of(" a\tb\u00a0\u3000가나\x1f"
                             "c\u200b "),
                  false);
    qp_span *word;
    int count;
    cr_assert_eq(qp_codes_words(&codes, &word, &count), QP_OK);
    cr_assert_eq(count, 4);
    const int length[4] = {1, 1, 2, 2}; /* a zero-width space is no space */
    for (int i = 0; i < 4; i++) cr_assert_eq(word[i].count, length[i], "%d", i);
    free(word);
    qp_codes_free(&codes);
}

Test(segment, equal_words_get_equal_numbers)
{
    qp_codes codes[2] = {{0}};
    qp_span *word[2];
    int count[2];
    qp_symbols symbols[2];
    qp_codes_read(&codes[0], segment_of("b a b"), false);
    qp_codes_read(&codes[1], segment_of("c b"), false);
    for (int r = 0; r < 2; r++) cr_assert_eq(qp_codes_words(&codes[r], &word[r], &count[r]), QP_OK);
    cr_assert_eq(qp_words_number(codes, word, count, 2, symbols), QP_OK);
    cr_assert(symbols[0].count == 3 && symbols[1].count == 2);
    cr_assert_eq(symbols[0].symbol[0], symbols[0].symbol[2]);
    cr_assert_eq(symbols[0].symbol[0], symbols[1].symbol[1]);
    cr_assert_neq(symbols[0].symbol[0], symbols[0].symbol[1]);
    cr_assert_neq(symbols[1].symbol[0], symbols[0].symbol[1]);
    for (int r = 0; r < 2; r++) {
        free(word[r]);
        qp_symbols_free(&symbols[r]);
        qp_codes_free(&codes[r]);
    }
}
