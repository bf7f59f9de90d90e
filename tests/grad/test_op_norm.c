#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_norm.h"
#include "tests/grad/op_check.h"

enum { ROWS = 6, COLUMNS = 19, COUNT = ROWS * COLUMNS };

static const qp_tensor none = {0};
static qp_tensor shared_x, shared_weight, shared_bias;

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    shared_weight = op_matrix(1, COLUMNS, 2);
    shared_bias = op_matrix(1, COLUMNS, 3);
}

static void plain(qp_tensor x, qp_tensor weight, qp_tensor bias, double epsilon, bool centred, double *y)
{
    for (int r = 0; r < x.rows; r++) {
        const qp_real *row = qp_tensor_row(x, r);
        double mean = 0, square = 0;
        for (int c = 0; c < COLUMNS && centred; c++) mean += (double)row[c] / COLUMNS;
        for (int c = 0; c < COLUMNS; c++) square += ((double)row[c] - mean) * ((double)row[c] - mean) / COLUMNS;
        for (int c = 0; c < COLUMNS; c++)
            y[r * COLUMNS + c] = ((double)row[c] - mean) / sqrt(square + epsilon) *
                                     (weight.value ? (double)weight.value[c] : 1) +
                                 (bias.value ? (double)bias.value[c] : 0);
    }
}

Test(test_op_norm, both_are_plain_loops)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor band = qp_tensor_columns(op_matrix(ROWS, COLUMNS + 5, 4), 2, COLUMNS);
    double expected[COUNT];
    plain(shared_x, shared_weight, shared_bias, 1e-3, true, expected);
    op_near("layer norm", COUNT, qp_layer_norm(tape, shared_x, shared_weight, shared_bias, (qp_real)1e-3).value,
            expected, 1e-5);
    plain(band, none, none, 1e-5, true, expected);
    op_near("layer norm of a band", COUNT, qp_layer_norm(tape, band, none, none, (qp_real)1e-5).value, expected, 1e-5);
    plain(band, shared_weight, none, 1e-5, false, expected);
    op_near("rms norm", COUNT, qp_rms_norm(tape, band, shared_weight, (qp_real)1e-5).value, expected, 1e-5);
    qp_tape_free(tape);
}

/* A mean far from 0 must not cancel the variance. */
Test(test_op_norm, a_far_mean_does_not_spoil_the_variance)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    double expected[COUNT];
    for (int i = 0; i < COUNT; i++) shared_x.value[i] += 1000;
    plain(shared_x, none, none, 1e-5, true, expected);
    op_near("layer norm", COUNT, qp_layer_norm(tape, shared_x, none, none, (qp_real)1e-5).value, expected, 5e-4);
    qp_tape_free(tape);
}

static void rows_of_both(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    qp_tensor z = qp_rms_norm(tape, qp_layer_norm(tape, x, shared_weight, shared_bias, (qp_real)1e-5), shared_weight,
                              (qp_real)1e-5);
    memcpy(y, z.value, (size_t)rows * COLUMNS * sizeof *y);
}

Test(test_op_norm, a_row_does_not_know_its_neighbours)
{
    prepare();
    op_same_by_rows(rows_of_both, QP_TRAIN, ROWS, COLUMNS, 0);
    op_same_by_rows(rows_of_both, QP_INFER, ROWS, COLUMNS, 0);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), weight = op_leaf(tape, shared_weight), bias = op_leaf(tape, shared_bias);
    qp_tensor y = qp_rms_norm(tape, qp_layer_norm(tape, x, weight, bias, (qp_real)1e-5), weight, (qp_real)1e-5);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, COUNT * sizeof *result);
    memcpy(result + 2 * COUNT, weight.node->grad, COLUMNS * sizeof *result);
    memcpy(result + 2 * COUNT + COLUMNS, bias.node->grad, COLUMNS * sizeof *result);
}

Test(test_op_norm, any_number_of_threads_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(result_and_gradients, 2 * COUNT + 2 * COLUMNS);
}

Test(test_op_norm, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_layer_norm(tape, shared_x, op_matrix(1, COLUMNS + 1, 1), none, 1), "a longer weight");
    op_refused(tape, qp_layer_norm(tape, shared_x, none, op_matrix(1, COLUMNS - 1, 1), 1), "a shorter bias");
    op_refused(tape, qp_layer_norm(tape, shared_x, op_matrix(2, COLUMNS, 1), none, 1), "a weight of two rows");
    op_refused(tape, qp_rms_norm(tape, shared_x, op_matrix(1, 1, 1), 1), "a weight of one column");
    op_refused(tape, qp_rms_norm(tape, op_matrix(3, 0, 1), none, 1), "no columns");
    qp_tape_free(tape);
}
