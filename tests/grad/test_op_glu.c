#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_glu.h"
#include "tests/grad/op_check.h"

enum { ROWS = 6, HALF = 19, COUNT = ROWS * HALF };

static qp_tensor shared_x;

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, 2 * HALF, 1);
}

Test(test_op_glu, it_is_a_plain_loop)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    double glu[COUNT], bilinear[COUNT];
    qp_tensor wide = op_matrix(ROWS, 2 * HALF + 3, 2), band = qp_tensor_columns(wide, 2, 2 * HALF);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < HALF; c++) {
            const qp_real *x = qp_tensor_row(shared_x, r), *z = qp_tensor_row(band, r);
            glu[r * HALF + c] = (double)x[c] / (1 + exp(-(double)x[c + HALF]));
            bilinear[r * HALF + c] = (double)z[c] * (double)z[c + HALF];
        }
    op_near("glu", COUNT, qp_glu(tape, shared_x, QP_SIGMOID).value, glu, 1e-6);
    op_near("bilinear, band", COUNT, qp_glu(tape, band, QP_IDENTITY).value, bilinear, 1e-6);
    qp_tape_free(tape);
}

static void some_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    memcpy(y, qp_glu(tape, x, QP_SILU).value, (size_t)rows * HALF * sizeof *y);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), y = qp_glu(tape, x, QP_GELU);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, 2 * COUNT * sizeof *result);
}

Test(test_op_glu, neither_neighbours_nor_threads_change_a_bit)
{
    prepare();
    op_same_by_rows(some_rows, QP_TRAIN, ROWS, HALF, 0);
    op_same_in_threads(result_and_gradient, 3 * COUNT);
}

Test(test_op_glu, wrong_shapes_are_refused)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_glu(tape, op_matrix(3, 5, 1), QP_SIGMOID), "an odd number of columns");
    op_refused(tape, qp_glu(tape, op_matrix(3, 0, 1), QP_SIGMOID), "no columns");
    op_refused(tape, qp_glu(tape, shared_x, QP_ACTIVATION_COUNT), "an unknown kind");
    qp_tape_free(tape);
}
