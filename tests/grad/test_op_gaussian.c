#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_gaussian.h"
#include "tests/grad/op_check.h"

enum { ROWS = 6, COLUMNS = 5, COUNT = ROWS * COLUMNS };

static void compute(qp_tape *tape, qp_real *result)
{
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_numbers_reset();
    qp_tensor mean = op_leaf(tape, op_matrix(ROWS, COLUMNS, 1)), spread = op_leaf(tape, op_matrix(ROWS, COLUMNS, 2));
    qp_tensor y = qp_gaussian_sample(tape, mean, spread, op_numbers(COUNT, 3));
    memcpy(result, y.value, COUNT * sizeof *result);
}

Test(test_op_gaussian, is_its_equation)
{
    qp_tape *tape = qp_tape_new();
    qp_real y[COUNT];
    double expected[COUNT];
    compute(tape, y);
    op_numbers_reset();
    qp_tensor mean = op_matrix(ROWS, COLUMNS, 1), log_variance = op_matrix(ROWS, COLUMNS, 2);
    const qp_real *noise = op_numbers(COUNT, 3);
    for (int i = 0; i < COUNT; i++)
        expected[i] = (double)mean.value[i] + exp((double)log_variance.value[i] / 2) * (double)noise[i];
    op_near("y", COUNT, y, expected, 1e-6);
    qp_tape_free(tape);
}

static void rows_of(qp_tape *tape, int first, int rows, qp_real *y)
{
    op_numbers_reset();
    qp_tensor mean = op_matrix(ROWS, COLUMNS, 1), log_variance = op_matrix(ROWS, COLUMNS, 2);
    const qp_real *noise = op_numbers(COUNT, 3) + first * COLUMNS;
    mean.value += first * COLUMNS, log_variance.value += first * COLUMNS;
    mean.rows = log_variance.rows = rows;
    memcpy(y, qp_gaussian_sample(tape, mean, log_variance, noise).value, (size_t)(rows * COLUMNS) * sizeof *y);
}

Test(test_op_gaussian, a_row_does_not_depend_on_its_neighbours)
{
    op_same_by_rows(rows_of, QP_TRAIN, ROWS, COLUMNS, 0);
}

Test(test_op_gaussian, other_shapes_are_refused)
{
    qp_tape *tape = qp_tape_new();
    qp_real noise[COUNT] = {0};
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_gaussian_sample(tape, op_matrix(3, 4, 1), op_matrix(3, 5, 1), noise), "another width");
    op_refused(tape, qp_gaussian_sample(tape, op_matrix(3, 4, 1), op_matrix(3, 4, 1), NULL), "no noise");
    qp_tape_free(tape);
}
