#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_batch_norm.h"
#include "tests/grad/op_check.h"

enum { ROWS = 9, COLUMNS = 7, COUNT = ROWS * COLUMNS };

static const qp_tensor none = {0};
static qp_tensor shared_x, shared_weight, shared_bias;
static qp_real running_mean[COLUMNS], running_variance[COLUMNS];

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    shared_weight = op_matrix(1, COLUMNS, 2);
    shared_bias = op_matrix(1, COLUMNS, 3);
    for (int c = 0; c < COLUMNS; c++) {
        running_mean[c] = (qp_real)c / 10;
        running_variance[c] = 1 + (qp_real)c / 5;
    }
}

static void plain(bool own, double *y, double *mean, double *variance)
{
    for (int c = 0; c < COLUMNS; c++) {
        double m = 0, v = 0;
        for (int r = 0; r < ROWS; r++) m += (double)shared_x.value[r * COLUMNS + c] / ROWS;
        for (int r = 0; r < ROWS; r++) v += pow((double)shared_x.value[r * COLUMNS + c] - m, 2) / ROWS;
        mean[c] = m;
        variance[c] = v * ROWS / (ROWS - 1);
        if (!own) {
            m = (double)running_mean[c];
            v = (double)running_variance[c];
        }
        for (int r = 0; r < ROWS; r++)
            y[r * COLUMNS + c] = ((double)shared_x.value[r * COLUMNS + c] - m) / sqrt(v + 1e-3) *
                                     (double)shared_weight.value[c] +
                                 (double)shared_bias.value[c];
    }
}

Test(test_op_batch_norm, both_ways_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    double expected[COUNT], mean[COLUMNS], variance[COLUMNS];
    qp_real got_mean[COLUMNS], got_variance[COLUMNS];
    qp_batch_norm_config config = {.epsilon = (qp_real)1e-3, .mean = got_mean, .variance = got_variance};
    plain(true, expected, mean, variance);
    op_near("own", COUNT, qp_batch_norm(tape, shared_x, shared_weight, shared_bias, &config).value, expected, 1e-5);
    op_near("mean", COLUMNS, got_mean, mean, 1e-6);
    op_near("variance", COLUMNS, got_variance, variance, 1e-6);
    config = (qp_batch_norm_config){
        .epsilon = (qp_real)1e-3, .running_mean = running_mean, .running_variance = running_variance};
    plain(false, expected, mean, variance);
    op_near("running", COUNT, qp_batch_norm(tape, shared_x, shared_weight, shared_bias, &config).value, expected, 1e-5);
    qp_tape_free(tape);
}

/* With running statistics a row does not depend on the other rows. */
static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_batch_norm_config config = {
        .epsilon = (qp_real)1e-3, .running_mean = running_mean, .running_variance = running_variance};
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, qp_batch_norm(tape, x, shared_weight, shared_bias, &config).value, (size_t)rows * COLUMNS * sizeof *y);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_batch_norm_config config = {.epsilon = (qp_real)1e-3};
    qp_tensor x = op_leaf(tape, shared_x), weight = op_leaf(tape, shared_weight), bias = op_leaf(tape, shared_bias);
    qp_tensor y = qp_batch_norm(tape, x, weight, bias, &config);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, COUNT * sizeof *result);
    memcpy(result + 2 * COUNT, weight.node->grad, COLUMNS * sizeof *result);
    memcpy(result + 2 * COUNT + COLUMNS, bias.node->grad, COLUMNS * sizeof *result);
}

Test(test_op_batch_norm, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    op_same_by_rows(some_rows, QP_INFER, ROWS, COLUMNS, 0);
    op_same_in_threads(result_and_gradients, 2 * COUNT + 2 * COLUMNS);
}

/* Two rows have a variance: d^2/4 of their difference d, and d^2/2 without bias. */
Test(test_op_batch_norm, two_rows_are_enough)
{
    prepare();
    qp_real x[] = {1, 5, 3, 5}, mean[2], variance[2];
    qp_batch_norm_config config = {.epsilon = (qp_real)0.25, .mean = mean, .variance = variance};
    const double y[] = {-0.894427191, 0, 0.894427191, 0}, expected_mean[] = {2, 5}, expected_variance[] = {2, 0};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor made = qp_batch_norm(tape, qp_tensor_of(2, 2, x), none, none, &config);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    op_near("two rows", 4, made.value, y, 1e-6);
    op_near("mean", 2, mean, expected_mean, 1e-6);
    op_near("variance", 2, variance, expected_variance, 1e-6);
    qp_tape_free(tape);
}

Test(test_op_batch_norm, wrong_shapes_are_refused)
{
    prepare();
    qp_batch_norm_config config = {.epsilon = 1};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_batch_norm(tape, shared_x, op_matrix(1, COLUMNS + 1, 1), none, &config), "a longer weight");
    op_refused(tape, qp_batch_norm(tape, shared_x, none, op_matrix(2, COLUMNS, 1), &config), "a bias of two rows");
    op_refused(tape, qp_batch_norm(tape, op_matrix(1, COLUMNS, 1), none, none, &config), "one row");
    qp_tape_free(tape);
}
