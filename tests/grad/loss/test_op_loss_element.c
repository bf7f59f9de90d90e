#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_loss_element.h"
#include "tests/grad/op_check.h"

enum { ROWS = 5, COLUMNS = 7, COUNT = ROWS * COLUMNS };

static qp_tensor shared_x;
static qp_real share[COUNT], sign[COUNT], number[COUNT], logarithm[COUNT];

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    for (int i = 0; i < COUNT; i++) {
        shared_x.value[i] *= 4;
        qp_real u = op_numbers(1, 100 + (uint64_t)i)[0];
        share[i] = i % 5 == 0 ? (qp_real)(i % 2) : (u + 1) / 2;
        sign[i] = u < 0 ? -1 : 1;
        number[i] = i == 9 ? shared_x.value[i] : 3 * u;
        logarithm[i] = u - 2;
    }
}

static const qp_real constant = (qp_real)0.8;

static qp_tensor loss_of(qp_tape *tape, qp_element_loss_kind kind, qp_tensor x, qp_reduction reduction, int first_row)
{
    const qp_real *target = number;
    if (kind == QP_LOSS_BCE || kind == QP_LOSS_KL) target = share;
    if (kind == QP_LOSS_HINGE) target = sign;
    if (kind == QP_LOSS_KL_LOG) target = logarithm;
    return qp_element_loss(tape, kind, x, target + first_row * COLUMNS, constant, reduction);
}

/* The textbook formulas. */
static double by_hand(qp_element_loss_kind kind, int i)
{
    double x = (double)shared_x.value[i], t = (double)share[i], n = (double)number[i], p = 1 / (1 + exp(-x));
    double far = fabs(x - n), l = (double)logarithm[i];
    switch (kind) {
    case QP_LOSS_BCE: return -(t * log(p) + (1 - t) * log(1 - p));
    case QP_LOSS_MSE: return pow(x - n, 2);
    case QP_LOSS_L1: return far;
    case QP_LOSS_HUBER: return far < 0.8 ? far * far / 2 : 0.8 * far - 0.32;
    case QP_LOSS_SMOOTH_L1: return far < 0.8 ? far * far / 1.6 : far - 0.4;
    case QP_LOSS_LOG_COSH: return log(cosh(x - n));
    case QP_LOSS_POISSON: return exp(x) - n * x;
    case QP_LOSS_QUANTILE: return n > x ? 0.8 * far : 0.2 * far;
    case QP_LOSS_HINGE: return (double)sign[i] * x < 0.8 ? 0.8 - (double)sign[i] * x : 0;
    case QP_LOSS_KL: return t == 0 ? 0 : t * log(t) - t * x;
    default: return exp(l) * (l - x);
    }
}

Test(test_op_loss_element, all_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    for (int l = 0; l < QP_LOSS_KINDS; l++) {
        double expected[COUNT], sum = 0, mean;
        for (int i = 0; i < COUNT; i++) sum += expected[i] = by_hand((qp_element_loss_kind)l, i);
        mean = sum / COUNT;
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor each = loss_of(tape, (qp_element_loss_kind)l, shared_x, QP_NONE, 0);
        cr_assert_eq(each.rows * each.columns, COUNT);
        op_near("each", COUNT, each.value, expected, 1e-5);
        op_near("sum", 1, loss_of(tape, (qp_element_loss_kind)l, shared_x, QP_SUM, 0).value, &sum, 1e-5);
        op_near("mean", 1, loss_of(tape, (qp_element_loss_kind)l, shared_x, QP_MEAN, 0).value, &mean, 1e-5);
    }
    qp_tape_free(tape);
}

/* Blocks of columns, each compared with the same targets. */
Test(test_op_loss_element, quantiles_are_blocks_of_columns)
{
    static const double quantile[] = {0.1, 0.5, 0.8};
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = op_matrix(ROWS, 3 * COLUMNS, 7);
    qp_tensor each = qp_quantile_loss(tape, x, number, 3, quantile, QP_NONE);
    double sum = 0;
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < 3 * COLUMNS; i++) {
            double t = (double)number[r * COLUMNS + i % COLUMNS], q = quantile[i / COLUMNS];
            double d = t - (double)qp_tensor_row(x, r)[i], expected = d > 0 ? q * d : (q - 1) * d;
            cr_expect_float_eq((double)qp_tensor_row(each, r)[i], expected, 1e-5, "%d, %d", r, i);
            sum += expected;
        }
    op_near("sum", 1, qp_quantile_loss(tape, x, number, 3, quantile, QP_SUM).value, &sum, 1e-5);
    op_refused(tape, qp_quantile_loss(tape, x, number, 4, quantile, QP_SUM), "columns that 4 does not divide");
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_quantile_loss(tape, x, NULL, 3, quantile, QP_SUM), "no target");
    qp_tape_free(tape);
}

Test(test_op_loss_element, large_logits_stay_numbers)
{
    static qp_real x[] = {1e4, -1e4, 88, -104}, target[] = {0, 1, 1, 0};
    static const double expected[] = {1e4, 1e4, 0, 0};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor leaf = op_leaf(tape, qp_tensor_of(1, 4, x));
    qp_tensor y = qp_element_loss(tape, QP_LOSS_BCE, leaf, target, 0, QP_NONE);
    op_near("bce", 4, y.value, expected, 1e-6);
    op_backward(tape, y);
    cr_expect_float_eq((double)leaf.node->grad[0], 0.1, 1e-6);
    cr_expect_float_eq((double)leaf.node->grad[1], -0.2, 1e-6);
    qp_tape_free(tape);
}

static qp_element_loss_kind chosen;

static void rows_of(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, loss_of(tape, chosen, x, QP_NONE, first).value, (size_t)rows * COLUMNS * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = loss_of(tape, chosen, x, QP_MEAN, 0);
    result[0] = y.value[0];
    op_backward(tape, y);
    memcpy(result + 1, x.node->grad, COUNT * sizeof *result);
}

Test(test_op_loss_element, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    for (int l = 0; l < QP_LOSS_KINDS; l++) {
        chosen = (qp_element_loss_kind)l;
        op_same_by_rows(rows_of, QP_TRAIN, ROWS, COLUMNS, 0);
        op_same_in_threads(result_and_gradient, 1 + COUNT);
    }
}

Test(test_op_loss_element, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_element_loss(tape, QP_LOSS_MSE, shared_x, NULL, 0, QP_MEAN), "no target");
    op_refused(tape, qp_element_loss(tape, QP_LOSS_L1, qp_tensor_of(0, 3, share), number, 0, QP_MEAN), "no rows");
    op_refused(tape, qp_element_loss(tape, QP_LOSS_HUBER, shared_x, number, 0, QP_MEAN), "a delta of 0");
    op_refused(tape, qp_element_loss(tape, QP_LOSS_SMOOTH_L1, shared_x, number, 0, QP_MEAN), "a beta of 0");
    qp_tape_free(tape);
}
