#include "lib/metric/bootstrap.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 200 };
static qp_scores scores;
static qp_score_sums baseline[N], text[N];

/* Line i of the baseline has `right` of four words; of the text `better` in a hundred lines have all. */
static void set_up_lines(int better)
{
    cr_assert_eq(qp_scores_init(&scores, "wer,accuracy"), QP_OK);
    for (int i = 0; i < N; i++) {
        bool all = i % 100 < better;
        baseline[i] = (qp_score_sums){.word_edits = {.hits = 2, .substitutions = 2}, .accuracy = {.lines = 1}};
        text[i] = (qp_score_sums){.word_edits = {.hits = all ? 4 : 2, .substitutions = all ? 0 : 2},
                                  .accuracy = {.lines = 1, .exact_lines = all}};
    }
}

Test(bootstrap, equal_texts_do_not_differ)
{
    qp_bootstrap result[QP_SCORE_KINDS];
    set_up_lines(0);
    cr_assert_eq(qp_bootstrap_compare(&scores, baseline, text, N, result), QP_OK);
    for (int m = 0; m < 2; m++)
        cr_assert(result[m].difference == 0 && result[m].low == 0 && result[m].high == 0 && result[m].p == 1);
}

/* The share of right lines is binomial: of 200 lines with probability 0.3 the middle 95 % are 30 +- 1.96 * 3.24 %. */
Test(bootstrap, interval_of_a_binomial_share)
{
    qp_bootstrap result[QP_SCORE_KINDS];
    set_up_lines(30);
    cr_assert_eq(qp_bootstrap_compare(&scores, baseline, text, N, result), QP_OK);
    cr_assert_float_eq(result[1].difference, 30, 1e-9);
    cr_assert_float_eq(result[1].low, 30 - 6.35, 1);
    cr_assert_float_eq(result[1].high, 30 + 6.35, 1);
    cr_assert_float_eq(result[1].p, 1 / 1001.0, 1e-12);
    cr_assert_float_eq(result[0].difference, -15, 1e-9);
    cr_assert_float_eq(result[0].low, -15 - 3.2, 0.5);
}

/* Texts that are each better on half of the lines. The lines are paired: where both are equal nothing varies. */
Test(bootstrap, no_difference_is_not_significant)
{
    qp_bootstrap result[QP_SCORE_KINDS];
    set_up_lines(0);
    for (int i = 0; i < N; i++) {
        baseline[i].accuracy.exact_lines = i % 2;
        text[i].accuracy.exact_lines = i == 0 || (i % 2 == 0) == (i < N / 2);
    }
    cr_assert_eq(qp_bootstrap_compare(&scores, baseline, text, N, result), QP_OK);
    cr_assert_geq(result[1].p, 0.2);
    cr_assert(result[1].low < 0 && result[1].high > 0);
    cr_assert_eq(qp_bootstrap_compare(&scores, baseline, baseline, N, result), QP_OK);
    cr_assert(result[1].low == 0 && result[1].high == 0);
    cr_assert_eq(qp_bootstrap_compare(&scores, baseline, text, 0, result), QP_EDATA);
}
