#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_dropout.h"
#include "tests/grad/op_check.h"

enum { ROWS = 120, COLUMNS = 50, COUNT = ROWS * COLUMNS };

static qp_tensor shared_x, shared_branch;

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, COLUMNS, 1);
    shared_branch = op_matrix(ROWS, COLUMNS, 2);
}

static qp_tape *fresh(qp_mode mode)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 5);
    return tape;
}

/* Every element is 0 or x/(1-rate); the number of zeros is within five standard deviations of its mean. */
Test(test_op_dropout, drops_its_share_and_scales_the_rest)
{
    static const double rate[] = {0.1, 0.5, 0.9};
    for (int k = 0; k < 3; k++) {
        qp_tape *tape = fresh(QP_TRAIN);
        qp_tensor y = qp_dropout(tape, shared_x, (qp_real)rate[k]);
        int dropped = 0;
        for (int i = 0; i < COUNT; i++) {
            double kept = (double)shared_x.value[i] / (1 - (double)(qp_real)rate[k]);
            if (y.value[i] == 0 && shared_x.value[i] != 0)
                dropped++;
            else
                cr_assert_lt(fabs((double)y.value[i] - kept), 1e-5, "element %d", i);
        }
        cr_expect_lt(fabs(dropped - rate[k] * COUNT), 5 * sqrt(COUNT * rate[k] * (1 - rate[k])),
                     "%d dropped at rate %g", dropped, rate[k]);
        qp_tape_free(tape);
    }
}

Test(test_op_dropout, nothing_happens_when_decoding_or_at_rate_0)
{
    qp_tape *tape = fresh(QP_INFER);
    cr_expect_eq(qp_dropout(tape, shared_x, (qp_real)0.5).value, shared_x.value);
    qp_tape_begin(tape, QP_TRAIN, 5);
    cr_expect_eq(qp_dropout(tape, shared_x, 0).value, shared_x.value);
    qp_tensor sum = qp_residual(tape, shared_x, shared_branch, 0);
    for (int i = 0; i < COUNT; i++) cr_assert_eq(sum.value[i], shared_x.value[i] + shared_branch.value[i]);
    qp_tape_free(tape);
}

Test(test_op_dropout, masks_differ_by_operation_and_step_and_not_by_stride)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_real first[COUNT], second[COUNT];
    memcpy(first, qp_dropout(tape, shared_x, (qp_real)0.5).value, sizeof first);
    memcpy(second, qp_dropout(tape, shared_x, (qp_real)0.5).value, sizeof second);
    cr_expect_neq(memcmp(first, second, sizeof first), 0);
    qp_tape_begin(tape, QP_TRAIN, 6);
    cr_expect_neq(memcmp(first, qp_dropout(tape, shared_x, (qp_real)0.5).value, sizeof first), 0);
    qp_tape_begin(tape, QP_TRAIN, 5);
    qp_tensor band = qp_tensor_columns(op_matrix(ROWS, COLUMNS + 7, 9), 4, COLUMNS);
    for (int r = 0; r < ROWS; r++)
        memcpy(qp_tensor_row(band, r), qp_tensor_row(shared_x, r), COLUMNS * sizeof(qp_real));
    cr_expect_arr_eq(qp_dropout(tape, band, (qp_real)0.5).value, first, sizeof first);
    qp_tape_free(tape);
}

Test(test_op_dropout, residual_adds_what_dropout_leaves)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor dropped = qp_dropout(tape, shared_branch, (qp_real)0.3);
    double expected[COUNT];
    for (int i = 0; i < COUNT; i++) expected[i] = (double)shared_x.value[i] + (double)dropped.value[i];
    qp_tape_begin(tape, QP_TRAIN, 5);
    op_near("residual", COUNT, qp_residual(tape, shared_x, shared_branch, (qp_real)0.3).value, expected, 1e-6);
    qp_tape_free(tape);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), branch = op_leaf(tape, shared_branch);
    qp_tensor y = qp_residual(tape, qp_dropout(tape, x, (qp_real)0.2), branch, (qp_real)0.3);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, x.node->grad, COUNT * sizeof *result);
    memcpy(result + 2 * COUNT, branch.node->grad, COUNT * sizeof *result);
}

Test(test_op_dropout, any_number_of_threads_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(result_and_gradients, 3 * COUNT);
}

Test(test_op_dropout, wrong_shapes_and_rates_are_refused)
{
    qp_tape *tape = fresh(QP_TRAIN);
    op_refused(tape, qp_dropout(tape, shared_x, 1), "a rate of 1");
    op_refused(tape, qp_dropout(tape, shared_x, (qp_real)-0.1), "a rate below 0");
    op_refused(tape, qp_dropout(tape, shared_x, (qp_real)NAN), "a rate that is no number");
    op_refused(tape, qp_residual(tape, shared_x, qp_tensor_columns(shared_branch, 0, 3), 0), "a narrower branch");
    op_refused(tape, qp_residual(tape, shared_x, shared_branch, 1), "a residual that drops all");
    qp_tape_free(tape);
}
