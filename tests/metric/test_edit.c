#include <criterion/criterion.h>
#include <string.h>

#include "lib/metric/edit.h"
#include "tests/metric/sample_text.h"

static qp_edit_sums words(const char *hypothesis, const char *reference)
{
    qp_edit_sums sums = {0};
    qp_text other = segment_of(reference);
    cr_assert_eq(qp_edit_words(segment_of(hypothesis), &other, 1, &sums), QP_OK);
    return sums;
}

static int64_t letters(const char *hypothesis, const char *reference)
{
    qp_edit_sums sums = {0};
    qp_text other = segment_of(reference);
    cr_assert_eq(qp_edit_characters(segment_of(hypothesis), &other, 1, &sums), QP_OK);
    cr_assert_eq(qp_edit_reference_length(&sums) >= 0, 1);
    return qp_edit_count(&sums);
}

Test(edit, words)
{
    qp_edit_sums s = words("a x c e", "a b c d");
    cr_assert(s.hits == 2 && s.substitutions == 2 && s.insertions == 0 && s.deletions == 0);
    cr_assert_eq(qp_edit_rate(&s), 0.5);
    s = words("a b", "a b c d");
    cr_assert(s.hits == 2 && s.deletions == 2);
    s = words("a z b", "a b");
    cr_assert(s.hits == 2 && s.insertions == 1);
    cr_assert_float_eq(qp_edit_match_rate(&s), 1.0 / 3, 1e-12);
    cr_assert_float_eq(qp_edit_preserved(&s), 2.0 / 3, 1e-12);
    s = words("", "");
    cr_assert_eq(qp_edit_rate(&s), 0);
    s = words("a", "");
    cr_assert_eq(qp_edit_rate(&s), 1);
}

Test(edit, characters)
{
    cr_assert_eq(letters("sitting", "kitten"), 3);
    cr_assert_eq(letters("intention", "execution"), 5);
    cr_assert_eq(letters("  한국어 ", "한국말"), 1, "blanks at the ends do not count");
    cr_assert_eq(letters("a b", "ab"), 1, "blanks inside do");
    cr_assert_eq(letters("", "abc"), 3);
}

Test(edit, the_better_reference_counts)
{
    qp_text reference[2] = {segment_of("x y z w"), segment_of("a b d")};
    qp_edit_sums sums = {0};
    cr_assert_eq(qp_edit_words(segment_of("a b c"), reference, 2, &sums), QP_OK);
    cr_assert_eq(qp_edit_count(&sums), 1);
    cr_assert_eq(qp_edit_reference_length(&sums), 3);
}

/* Texts of up to four words out of two: as few edits as the recursive definition has, and each word counts once. */
static int fewest(const char *a, const char *b)
{
    if (!*a || !*b) return (int)(strlen(a) + strlen(b));
    int best = fewest(a + 1, b + 1) + (*a != *b), less = fewest(a + 1, b) + 1;
    if (less < best) best = less;
    less = fewest(a, b + 1) + 1;
    return less < best ? less : best;
}

/* The text of number 1, 2, ...: its binary digits after the first one. */
static void write_text(int number, char *letter, char *text)
{
    int bits = 0;
    while (number >> (bits + 1)) bits++;
    for (int i = 0; i < bits; i++) {
        letter[i] = number >> (bits - 1 - i) & 1 ? 'b' : 'a';
        text[2 * i] = letter[i];
        text[2 * i + 1] = ' ';
    }
    letter[bits] = text[2 * bits] = '\0';
}

Test(edit, as_few_edits_as_can_be)
{
    for (int i = 1; i < 32; i++)
        for (int j = 1; j < 32; j++) {
            char one[8], two[8], hypothesis[16], reference[16];
            write_text(i, one, hypothesis);
            write_text(j, two, reference);
            qp_edit_sums s = words(hypothesis, reference);
            cr_expect_eq(qp_edit_count(&s), fewest(one, two), "%s and %s: %d", one, two, (int)qp_edit_count(&s));
            cr_expect_eq(s.hits + s.substitutions + s.deletions, (int64_t)strlen(two));
            cr_expect_eq(s.hits + s.substitutions + s.insertions, (int64_t)strlen(one));
        }
}
