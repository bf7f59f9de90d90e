#include <criterion/criterion.h>

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
