#include "tokenizer/own/own_alphabet.h"

#include <criterion/criterion.h>
#include <string.h>

/* Words with 10 a, 6 b, 6 c, 3 U+00E9, 2 U+2581, 1 NUL and 2 bytes that are no characters: 30 in all. */
static qp_word_counts words(void)
{
    static const struct {
        const char *text;
        size_t bytes;
        int64_t times;
    } word[] = {{"abc", 3, 4}, {"cab", 3, 2}, {"a\xC3\xA9", 3, 3}, {"\xE2\x96\x81", 3, 2}, {"a", 2, 1}, {"\xFF", 1, 2}};
    qp_word_counts counts = {0};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        cr_assert_eq(qp_word_counts_add(&counts, word[i].text, word[i].bytes, word[i].times), QP_OK);
    return counts;
}

/* The most frequent characters that make up a share, of those that are frequent enough. */
Test(own_alphabet, share_and_least)
{
    static const struct {
        double coverage;
        int64_t least, uncovered;
        const char *codes; /* e: U+00E9 */
    } row[] = {{1, 1, 5, "abce"},   {1, 4, 8, "abc"},     {1, 6, 8, "abc"},    {1, 7, 20, "a"},
               {1, 11, 30, ""},     {0.5, 1, 14, "ab"},   {0.3, 1, 20, "a"},   {10.0 / 30 + 0.001, 1, 14, "ab"},
               {0.72, 1, 8, "abc"}, {0.74, 1, 5, "abce"}, {0.9, 1, 5, "abce"}, {0, 1, 30, ""}};
    qp_word_counts counts = words();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_own_alphabet a = {0};
        cr_assert_eq(qp_own_alphabet_make(&counts, row[i].coverage, row[i].least, &a), QP_OK);
        cr_expect_eq(a.characters, 30);
        cr_expect_eq(a.uncovered, row[i].uncovered, "row %zu: %d", i, (int)a.uncovered);
        cr_assert_eq(a.count, strlen(row[i].codes), "row %zu", i);
        for (size_t k = 0; k < a.count; k++)
            cr_expect_eq(a.entry[k].code, row[i].codes[k] == 'e' ? 0xE9 : row[i].codes[k], "row %zu", i);
        qp_own_alphabet_free(&a);
        cr_expect(!a.entry && a.count == 0);
    }
    qp_word_counts_free(&counts);
}

Test(own_alphabet, sorted_by_code)
{
    qp_word_counts counts = {0};
    qp_own_alphabet a = {0};
    cr_assert_eq(qp_word_counts_add(&counts, "ccbbbabcz", 9, 1), QP_OK);
    cr_assert_eq(qp_own_alphabet_make(&counts, 1, 1, &a), QP_OK);
    static const char by_count[] = "bcaz", by_code[] = "abcz";
    static const int64_t times[] = {1, 4, 3, 1};
    for (int i = 0; i < 4; i++) cr_expect_eq(a.entry[i].code, by_count[i]);
    qp_own_alphabet_sort(&a);
    for (int i = 0; i < 4; i++) cr_expect(a.entry[i].code == by_code[i] && a.entry[i].count == times[i]);
    qp_own_alphabet_free(&a);
    qp_own_alphabet_sort(&a);
    cr_assert_eq(qp_own_alphabet_make(&(qp_word_counts){0}, 1, 1, &a), QP_OK, "no words");
    cr_expect(a.count == 0 && a.characters == 0 && a.uncovered == 0);
    qp_own_alphabet_free(&a);
    qp_word_counts_free(&counts);
}
