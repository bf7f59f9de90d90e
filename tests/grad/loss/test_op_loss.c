#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_loss.h"
#include "lib/grad/op_basic.h"
#include "tests/grad/op_check.h"

enum { ROWS = 8, CLASSES = 13, COUNT = ROWS * CLASSES };

static const int32_t target[ROWS] = {0, 12, 5, -1, 5, -100, 7, 1};
static qp_tensor shared_logits;
static qp_real *shared_weight;

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    shared_logits = op_matrix(ROWS, CLASSES, 1);
    for (int i = 0; i < COUNT; i++) shared_logits.value[i] *= 8;
    shared_weight = op_numbers(CLASSES, 2);
    for (int i = 0; i < CLASSES; i++) shared_weight[i] += (qp_real)1.1;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 5);
    return tape;
}

static double log_p(int row, int class)
{
    const qp_real *x = qp_tensor_row(shared_logits, row);
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) sum += exp((double)x[c] - 8);
    return (double)x[class] - 8 - log(sum);
}

/* the value of a row; adds its weight to *counted */
static double plain_row(int r, double smoothing, const qp_real *weight, double *counted)
{
    if (target[r] < 0) return 0;
    double w = weight ? (double)weight[target[r]] : 1, value = -(1 - smoothing) * w * log_p(r, target[r]);
    for (int c = 0; c < CLASSES; c++) value -= smoothing / CLASSES * (weight ? (double)weight[c] : 1) * log_p(r, c);
    *counted += w;
    return value;
}

Test(test_op_loss, cross_entropy_is_its_equation)
{
    for (int k = 0; k < 4; k++) {
        qp_tape *tape = fresh(QP_TRAIN);
        const qp_real *weight = k % 2 ? shared_weight : NULL;
        double smoothing = k / 2 ? 0.15 : 0, row[ROWS], sum = 0, counted = 0;
        for (int r = 0; r < ROWS; r++) sum += row[r] = plain_row(r, smoothing, weight, &counted);
        double mean = sum / counted;
        qp_cross_entropy_config config = {.reduction = QP_NONE, .smoothing = (qp_real)smoothing, .weight = weight};
        op_near("each row", ROWS, qp_cross_entropy(tape, shared_logits, target, &config).value, row, 1e-5);
        config.reduction = QP_SUM;
        op_near("sum", 1, qp_cross_entropy(tape, shared_logits, target, &config).value, &sum, 1e-5);
        config.reduction = QP_MEAN;
        op_near("mean", 1, qp_cross_entropy(tape, shared_logits, target, &config).value, &mean, 1e-5);
        qp_tape_free(tape);
    }
}

Test(test_op_loss, soft_cross_entropy_is_its_equation)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor distribution = qp_softmax(tape, op_matrix(ROWS, CLASSES, 3), (qp_real)0.5);
    double row[ROWS] = {0}, sum = 0;
    for (int i = 0; i < COUNT; i++) row[i / CLASSES] -= (double)distribution.value[i] * log_p(i / CLASSES, i % CLASSES);
    for (int r = 0; r < ROWS; r++) sum += row[r];
    double mean = sum / ROWS;
    op_near("each row", ROWS, qp_soft_cross_entropy(tape, shared_logits, distribution.value, QP_NONE).value, row, 1e-5);
    op_near("sum", 1, qp_soft_cross_entropy(tape, shared_logits, distribution.value, QP_SUM).value, &sum, 1e-5);
    op_near("mean", 1, qp_soft_cross_entropy(tape, shared_logits, distribution.value, QP_MEAN).value, &mean, 1e-5);
    qp_tape_free(tape);
}

/* Of one class there is nothing to learn: p is 1. */
Test(test_op_loss, one_class_costs_nothing)
{
    qp_tape *tape = fresh(QP_TRAIN);
    const qp_real share[2] = {1, 1};
    const int32_t only[2] = {0, 0};
    qp_cross_entropy_config config = {.reduction = QP_SUM};
    qp_tensor logits = op_matrix(2, 1, 5);
    cr_assert_eq(qp_soft_cross_entropy(tape, logits, share, QP_SUM).value[0], 0);
    cr_assert_eq(qp_cross_entropy(tape, logits, only, &config).value[0], 0);
    cr_assert_not(qp_tape_failed(tape));
    qp_tape_free(tape);
}

Test(test_op_loss, huge_logits_stay_finite)
{
    qp_tape *tape = fresh(QP_TRAIN);
    for (int i = 0; i < COUNT; i++) shared_logits.value[i] *= 1000;
    qp_tensor logits = op_leaf(tape, shared_logits);
    qp_tensor loss = qp_cross_entropy(tape, logits, target,
                                      &(qp_cross_entropy_config){.reduction = QP_MEAN, .smoothing = (qp_real)0.1});
    op_backward(tape, loss);
    cr_expect(isfinite(loss.value[0]));
    for (int i = 0; i < COUNT; i++) cr_expect(isfinite(logits.node->grad[i]));
    qp_tape_free(tape);
}

Test(test_op_loss, nothing_counted_is_zero_and_has_no_gradient)
{
    static const int32_t ignored[ROWS] = {-1, -1, -1, -1, -1, -1, -1, -1};
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor logits = op_leaf(tape, shared_logits);
    qp_tensor loss = qp_cross_entropy(tape, logits, ignored, &(qp_cross_entropy_config){.reduction = QP_MEAN});
    cr_expect_eq(loss.value[0], 0);
    op_backward(tape, loss);
    for (int i = 0; i < COUNT; i++) cr_expect_eq(logits.node->grad[i], 0);
    qp_tape_free(tape);
}

Test(test_op_loss, no_rows_cost_nothing)
{
    for (int reduction = QP_SUM; reduction <= QP_NONE; reduction++) {
        qp_tape *tape = fresh(QP_TRAIN);
        qp_tensor loss = qp_soft_cross_entropy(tape, op_matrix(0, CLASSES, 1), shared_weight, (qp_reduction)reduction);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        if (reduction == QP_NONE)
            cr_expect_eq(loss.rows, 0);
        else
            cr_expect_eq(loss.value[0], 0);
        qp_tape_free(tape);
    }
}

/* The gradient overwrites the logits, unless keep_logits is set or they do not belong to the tape. */
Test(test_op_loss, the_gradient_takes_the_logits_place)
{
    for (int keep = 0; keep < 2; keep++) {
        qp_tape *tape = fresh(QP_TRAIN);
        qp_tensor x = op_leaf(tape, shared_logits), logits = qp_scale(tape, x, 1);
        qp_cross_entropy_config config = {.reduction = QP_MEAN, .keep_logits = keep};
        qp_tensor loss = qp_cross_entropy(tape, logits, target, &config);
        qp_tape_backward(tape, loss, 1);
        bool same = memcmp(logits.value, shared_logits.value, COUNT * sizeof(qp_real)) == 0;
        cr_expect_eq(same, keep == 1);
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) sum += (double)x.node->grad[c];
        cr_expect_lt(fabs(sum), 1e-6, "a row's gradient sums to %g", sum);
        qp_tape_free(tape);
    }
}

static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_logits;
    x.value = qp_tensor_row(shared_logits, first);
    x.rows = rows;
    qp_cross_entropy_config config = {.reduction = QP_NONE, .smoothing = (qp_real)0.1, .keep_logits = true};
    memcpy(y, qp_cross_entropy(tape, x, target + first, &config).value, (size_t)rows * sizeof *y);
}

Test(test_op_loss, a_row_does_not_know_its_neighbours)
{
    qp_tape_free(fresh(QP_INFER));
    op_same_by_rows(some_rows, QP_INFER, ROWS, 1, 0);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_logits), logits = qp_scale(tape, x, 2);
    qp_cross_entropy_config config = {.reduction = QP_MEAN, .smoothing = (qp_real)0.1, .weight = shared_weight};
    qp_tensor loss = qp_cross_entropy(tape, logits, target, &config);
    result[0] = loss.value[0];
    qp_tape_backward(tape, loss, 3);
    memcpy(result + 1, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_loss, any_number_of_threads_gives_the_same_bits)
{
    qp_tape_free(fresh(QP_INFER));
    op_same_in_threads(result_and_gradients, 1 + COUNT);
}

Test(test_op_loss, wrong_targets_are_refused)
{
    static const int32_t high[ROWS] = {0, 0, CLASSES, 0, 0, 0, 0, 0};
    qp_tape *tape = fresh(QP_TRAIN);
    op_refused(tape, qp_cross_entropy(tape, shared_logits, high, &(qp_cross_entropy_config){0}),
               "a target behind the classes");
    op_refused(tape, qp_cross_entropy(tape, shared_logits, target, &(qp_cross_entropy_config){.smoothing = 2}),
               "smoothing of 2");
    op_refused(tape, qp_cross_entropy(tape, op_matrix(3, 0, 1), target, &(qp_cross_entropy_config){0}), "no classes");
    op_refused(tape, qp_soft_cross_entropy(tape, op_matrix(3, 0, 1), shared_weight, QP_SUM), "no classes");
    qp_tape_free(tape);
}
