#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/sample.h"

enum { COLUMNS = 6 };

static const qp_real scores[COLUMNS] = {2, -1, 1, 0, 2, -3};
static qp_sample_config config;
static qp_real row[COLUMNS];

static void prepare(void)
{
    qp_config_defaults(&qp_sample_fields, &config);
    memcpy(row, scores, sizeof row);
}

static qp_status weigh(const int32_t *history, int count)
{
    qp_sampler *sampler;
    cr_assert_eq(qp_sampler_new(&config, COLUMNS, &sampler), QP_OK);
    qp_status status = qp_sampler_weigh(sampler, row, history, count);
    qp_sampler_free(sampler);
    return status;
}

/* The softmax over the tokens of `kept`, 0 elsewhere. */
static void expect(const char *kept, double temperature)
{
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++)
        if (kept[i] == 'x') sum += exp((double)scores[i] / temperature);
    for (int i = 0; i < COLUMNS; i++) {
        double expected = kept[i] == 'x' ? exp((double)scores[i] / temperature) / sum : 0;
        cr_expect_float_eq((double)row[i], expected, 1e-6, "%s: token %d is %g, should be %g", kept, i, (double)row[i],
                           expected);
    }
}

Test(sample, nothing_asked_is_the_softmax)
{
    prepare();
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("xxxxxx", 1);
}

Test(sample, temperature_divides_and_zero_is_greedy)
{
    prepare();
    config.temp = 0.5;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("xxxxxx", 0.5);
    prepare();
    config.temp = 0;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-----", 1);
}

Test(sample, each_filter_keeps_its_own)
{
    prepare();
    config.top_k = 3;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-x-x-", 1);
    prepare();
    config.top_p = 0.45; /* 0.385 and 0.385 are the two largest: the second crosses the limit and stays */
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x---x-", 1);
    prepare();
    config.top_p = 0;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-----", 1);
    prepare();
    config.min_p = 0.3; /* of 0.385: e^-1 = 0.37 stays, e^-2 does not */
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-x-x-", 1);
    prepare();
    config.typical = 0.5; /* the entropy is 1.29: token 0 and 4 (0.95) are nearer to it than token 2 (1.95) */
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x---x-", 1);
}

/* p = 0.391 0.019 0.144 0.053 0.391 0.003, entropy 1.261: e^-1.261 = 0.283. */
Test(sample, eta_depends_on_the_entropy_and_keeps_the_best)
{
    prepare();
    config.eta_cutoff = 0.04; /* sqrt(0.04) 0.283 = 0.057 is more */
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-xxx-", 1);
    prepare();
    config.epsilon_cutoff = 0.05;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-xxx-", 1);
    prepare();
    config.epsilon_cutoff = 0.9;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x---x-", 1);
    prepare();
    config.eta_cutoff = 0.2; /* sqrt(0.2) 0.283 = 0.127 is less: token 2 stays */
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x-x-x-", 1);
    prepare();
    config.eta_cutoff = 1; /* nothing is as probable as that */
    config.temp = 0.01;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("x---x-", 1);
}

/* Entropy against the largest probability: typical sampling may drop the most probable token. */
Test(sample, typical_is_not_top_p)
{
    prepare();
    static const qp_real wide[COLUMNS] = {(qp_real)1.2, 0, 0, 0, 0, 0};
    memcpy(row, wide, sizeof row);
    config.typical = 0.2;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    cr_expect_eq(row[0], 0);
    cr_expect_gt(row[1], 0);
}

Test(sample, repeats_are_punished_once_and_not_for_ever)
{
    static const int32_t history[] = {1, 0, 0, 99, -1};
    prepare();
    config.repeat_penalty = 2;
    cr_assert_eq(weigh(history, 5), QP_OK);
    double p0 = (double)row[0], p1 = (double)row[1], p4 = (double)row[4];
    cr_expect_float_eq(p0 / p4, exp(1 - 2.0), 1e-5, "2 / 2");
    cr_expect_float_eq(p1 / p4, exp(-2 - 2.0), 1e-5, "-1 * 2");
    prepare();
    config.repeat_penalty = 2;
    config.repeat_last_n = 2;
    cr_assert_eq(weigh(history, 5), QP_OK);
    expect("xxxxxx", 1);
}

Test(sample, forbidden_tokens_and_broken_scores)
{
    prepare();
    row[0] = row[4] = -(qp_real)INFINITY;
    config.top_k = 5;
    cr_assert_eq(weigh(NULL, 0), QP_OK);
    expect("-xxx-x", 1);
    for (int i = 0; i < COLUMNS; i++) row[i] = -(qp_real)INFINITY;
    cr_expect_eq(weigh(NULL, 0), QP_EDATA);
    prepare();
    row[3] = (qp_real)NAN;
    cr_expect_eq(weigh(NULL, 0), QP_EDATA);
}

Test(sample, draws_follow_the_probabilities_and_the_counter)
{
    static const qp_real probability[4] = {(qp_real)0.1, 0, (qp_real)0.6, (qp_real)0.3};
    int count[4] = {0}, again = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        int32_t id = qp_sample_draw(4, probability, qp_random_uniform(qp_random_key(3, 1), i));
        count[id]++;
        again += id == qp_sample_draw(4, probability, qp_random_uniform(qp_random_key(3, 1), i));
    }
    cr_expect_eq(again, 20000);
    cr_expect_eq(count[1], 0);
    cr_expect_float_eq(count[0] / 20000.0, 0.1, 0.015);
    cr_expect_float_eq(count[2] / 20000.0, 0.6, 0.015);
    cr_expect_eq(qp_sample_draw(4, probability, 0), 0);
    cr_expect_eq(qp_sample_draw(4, probability, 0.99999999999), 3);
}

/* Probabilities may sum to less than 1: the last token that is possible gets the rest. */
Test(sample, rounding_leaves_a_rest)
{
    const qp_real probability[] = {(qp_real)0.5, (qp_real)0.25, 0};
    cr_expect_eq(qp_sample_draw(3, probability, 0.4), 0);
    cr_expect_eq(qp_sample_draw(3, probability, 0.6), 1);
    cr_expect_eq(qp_sample_draw(3, probability, 0.9), 1);
}

/* A score that is no number is found wherever it is. */
Test(sample, scores_that_are_not_numbers)
{
    for (int i = 0; i < COLUMNS; i++)
        for (int k = 0; k < 3; k++) {
            prepare();
            row[i] = (qp_real)(k == 0 ? NAN : k == 1 ? INFINITY : -INFINITY);
            cr_expect_eq(weigh(NULL, 0), k < 2 ? QP_EDATA : QP_OK, "token %d, %d", i, k);
        }
}
