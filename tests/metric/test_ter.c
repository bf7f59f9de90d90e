#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/metric/ter.h"
#include "tests/metric/sample_text.h"

static double score_samples(const qp_ter_config *config)
{
    qp_ter_sums sums = {0};
    for (int i = 0; i < SAMPLES; i++) {
        qp_text reference[2] = {segment_of(sample_reference[0][i]), segment_of(sample_reference[1][i])};
        cr_assert_eq(qp_ter_add(config, segment_of(sample_hypothesis[i]), reference, 2, &sums), QP_OK);
    }
    return qp_ter_finish(&sums);
}

static double score_pair(const char *hypothesis, const char *reference)
{
    qp_ter_config config = {0};
    qp_ter_sums sums = {0};
    qp_text other = segment_of(reference);
    cr_assert_eq(qp_ter_add(&config, segment_of(hypothesis), &other, 1, &sums), QP_OK);
    return qp_ter_finish(&sums);
}

Test(ter, equals_sacrebleu)
{
    qp_ter_config config = {0};
    char text[128];
    cr_assert_float_eq(score_samples(&config), 46.75324675324675, 1e-9);
    cr_assert_str_eq(qp_ter_signature(&config, 2, text, sizeof text),
                     "nrefs:2|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0");
    config.case_sensitive = true;
    cr_assert_float_eq(score_samples(&config), 49.35064935064935, 1e-9);
    config = (qp_ter_config){.normalized = true, .no_punctuation = true, .asian = true};
    cr_assert_float_eq(score_samples(&config), 38.20224719101123, 1e-9);
}

/* References pass the normaliser twice: sacreBLEU 2.6 gives these. */
Test(ter, references_are_normalised_twice)
{
    static const struct {
        const char *hypothesis, *reference;
        double score;
    } rows[] = {
        {"a &amp;amp; b", "a &amp;amp; b", 0},
        {"it's\u2003the cat", "it's\u2003the cat", 50},
        {"&amp;quot;x&amp;quot; y z", "&amp;quot;x&amp;quot; y z", 0},
        {"one...... two,,3 5--6", "one...... two,,3 5--6", 14.285714285714285},
        {"the dog's end.", "the dog's end.", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        qp_ter_config config = {.normalized = true};
        qp_ter_sums sums = {0};
        qp_text reference = segment_of(rows[i].reference);
        cr_assert_eq(qp_ter_add(&config, segment_of(rows[i].hypothesis), &reference, 1, &sums), QP_OK);
        cr_assert_float_eq(qp_ter_finish(&sums), rows[i].score, 1e-9, "%s", rows[i].reference);
    }
}

Test(ter, a_moved_group_is_one_edit)
{
    cr_assert_float_eq(score_pair("d e f a b c x", "a b c d e f y"), 100 * 2.0 / 7, 1e-9);
    cr_assert_float_eq(score_pair("d e f g h i j a b c", "a b c d e f g h i j"), 100 * 1.0 / 10, 1e-9);
    cr_assert_float_eq(score_pair("h i j a b c d e f g", "a b c d e f g h i j"), 100 * 1.0 / 10, 1e-9);
    cr_assert_float_eq(score_pair("x a y b z c", "c x a y b z"), 100 * 1.0 / 6, 1e-9);
    /* the other eleven words are more than a group holds */
    cr_assert_float_eq(score_pair("z a b c d e f g h i j k", "a b c d e f g h i j k z"), 100 * 1.0 / 12, 1e-9);
    cr_assert_eq(score_pair("a b", "a b"), 0);
    cr_assert_eq(score_pair("", "a b"), 100);
    cr_assert_eq(score_pair("a b", ""), 100);
    cr_assert_eq(score_pair("", ""), 0);
}

Test(ter, limits_of_the_search_are_those_of_tercom)
{
    char hypothesis[400], reference[400], *h = hypothesis, *r = reference;
    for (int i = 0; i < 60; i++) {
        h += sprintf(h, "w%d ", i * 7 % 60);
        r += sprintf(r, "w%d ", i);
    }
    cr_assert_float_eq(score_pair(hypothesis, reference), 90, 1e-9);
}

Test(ter, far_different_lengths)
{
    char many[2001] = "", *m = many;
    for (int i = 0; i < 400; i++) m += sprintf(m, "w%d ", i % 10);
    cr_assert_float_eq(score_pair("w1", many), 100 * 399.0 / 400, 1e-9);
    cr_assert_float_eq(score_pair(many, "w1"), 39900, 1e-9);
}
