#include "lib/decode/logits.h"

#include <criterion/criterion.h>
#include <math.h>

Test(logits, normalise_is_a_log_softmax_and_refuses_nan)
{
    qp_real row[5] = {1, 2, 3, -INFINITY, 0};
    cr_assert_eq(qp_logits_normalise(5, row), QP_OK);
    double sum = 0;
    for (int i = 0; i < 5; i++) sum += exp((double)row[i]);
    cr_assert_float_eq(sum, 1, 1e-6);
    cr_assert_float_eq(row[2] - row[1], 1, 1e-6);
    for (int bad = 0; bad < 5; bad++) {
        qp_real wrong[5] = {1, 2, 3, 4, 5};
        wrong[bad] = (qp_real)NAN;
        cr_assert_eq(qp_logits_normalise(5, wrong), QP_EDATA, "NaN at %d", bad);
    }
    qp_real infinite[5] = {1, 2, 3, INFINITY, 5};
    cr_assert_eq(qp_logits_normalise(5, infinite), QP_EDATA);
}

Test(logits, forbidden_ids_are_never_among_the_top)
{
    qp_real row[6] = {-1, -2, -0.5, -3, -2, -9}, log_probability[6];
    int32_t id[6];
    qp_logits_forbid(6, row, 2);
    qp_logits_forbid(6, row, 99);
    qp_logits_forbid(6, row, -1);
    cr_assert_eq(qp_logits_top(6, row, 3, id, log_probability), 3);
    cr_assert_eq(id[0], 0);
    cr_assert_eq(id[1], 1);
    cr_assert_eq(id[2], 4);
    cr_assert_eq(log_probability[2], -2);
    cr_assert_eq(qp_logits_top(6, row, 6, id, log_probability), 5);
    for (int i = 0; i < 6; i++) qp_logits_forbid(6, row, i);
    cr_assert_eq(qp_logits_top(6, row, 6, id, log_probability), 0);
    qp_real small[2] = {-1, -2};
    cr_assert_eq(qp_logits_top(2, small, 4, id, log_probability), 2);
}

static int forbidden_by(const int32_t *history, int count, int n, int32_t *last)
{
    qp_real row[10] = {0};
    int found = 0;
    qp_logits_forbid_repeats(10, row, history, count, n);
    for (int i = 0; i < 10; i++)
        if (isinf(row[i])) {
            found++;
            *last = i;
        }
    return found;
}

Test(logits, ngrams_that_would_come_twice_are_forbidden)
{
    const int32_t history[] = {5, 6, 7, 5, 6};
    int32_t last = -1;
    cr_assert_eq(forbidden_by(history, 5, 3, &last), 1); /* 5 6 -> not 7 again */
    cr_assert_eq(last, 7);
    cr_assert_eq(forbidden_by(history, 5, 2, &last), 1); /* 6 -> not 7 */
    cr_assert_eq(last, 7);
    cr_assert_eq(forbidden_by(history, 5, 1, &last), 3); /* no word twice */
    cr_assert_eq(forbidden_by(history, 5, 4, &last), 0);
    cr_assert_eq(forbidden_by(history, 2, 3, &last), 0);
    cr_assert_eq(forbidden_by(history, 5, 0, &last), 0);
    cr_assert_eq(forbidden_by(history, 0, 1, &last), 0);
    const int32_t same[] = {4, 4};
    cr_assert_eq(forbidden_by(same, 2, 2, &last), 1); /* overlapping: 4 4 once, so not a third 4 */
    cr_assert_eq(last, 4);
}
