#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/tape.h"
#include "tests/grad/op_check.h"

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 1);
    return tape;
}

Test(test_tape, a_step_forgets_the_last_and_keeps_its_memory)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor first = qp_tape_tensor(tape, 100, 100);
    size_t peak = qp_tape_peak_bytes(tape);
    qp_tape_begin(tape, QP_TRAIN, 2);
    qp_tensor second = qp_tape_tensor(tape, 100, 100);
    cr_expect_eq(first.value, second.value);
    cr_expect_eq(qp_tape_peak_bytes(tape), peak);
    qp_tape_free(tape);
}

Test(test_tape, only_training_has_gradients)
{
    qp_tape *tape = fresh(QP_TRAIN);
    cr_expect_not_null(qp_tape_tensor(tape, 2, 3).node);
    cr_expect_null(qp_tape_constant(tape, 2, 3).node);
    qp_tape_begin(tape, QP_INFER, 1);
    cr_expect_null(qp_tape_tensor(tape, 2, 3).node);
    qp_tape_free(tape);
}

/* Without gradients a layer's output moves over the memory of the layer, also where the two overlap; with them, or as a
 * band of columns, it stays. */
Test(test_tape, what_is_kept_moves_down_to_the_mark)
{
    for (int training = 0; training < 2; training++) {
        qp_tape *tape = fresh(training ? QP_TRAIN : QP_INFER);
        size_t mark = qp_tape_mark(tape);
        qp_real *scratch = qp_tape_memory(tape, 64);
        qp_tensor y = qp_tape_tensor(tape, 20, 10);
        for (int i = 0; i < 200; i++) y.value[i] = (qp_real)i;
        qp_tensor kept = qp_tape_keep(tape, mark, y);
        cr_expect_eq(kept.value, training ? y.value : scratch);
        cr_expect_eq(kept.node, y.node);
        for (int i = 0; i < 200; i++) cr_assert_eq(kept.value[i], (qp_real)i);
        qp_tensor after = qp_tape_tensor(tape, 1, 10), band = qp_tensor_columns(kept, 3, 2);
        cr_expect(after.value >= kept.value + 200);
        cr_expect_eq(qp_tape_keep(tape, mark, band).value, kept.value + 3);
        qp_tape_free(tape);
    }
}

/* Another model's pass within a step: no gradients, no parameters of the step, the same random numbers after it. */
Test(test_tape, a_pause_leaves_no_trace)
{
    qp_node node[2] = {{0}};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 5);
    uint64_t key = (qp_tape_next_key(tape), qp_tape_next_key(tape));
    qp_tape_begin(tape, QP_TRAIN, 5);
    qp_tape_bind(tape, node);
    qp_tape_next_key(tape);
    qp_tape_paused paused = qp_tape_pause(tape);
    cr_expect(!qp_tape_training(tape));
    cr_expect_null(qp_tape_parameter_node(tape, 1));
    cr_expect_null(qp_tape_tensor(tape, 2, 2).node);
    qp_tape_next_key(tape);
    qp_tape_resume(tape, paused);
    cr_expect(qp_tape_training(tape));
    cr_expect_eq(qp_tape_parameter_node(tape, 1), &node[1]);
    cr_expect_not_null(qp_tape_tensor(tape, 2, 2).node);
    cr_expect_eq(qp_tape_next_key(tape), key);
    qp_tape_free(tape);
}

Test(test_tape, the_first_writer_stores_and_later_ones_add)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = qp_tape_tensor(tape, 2, 3);
    qp_real beta;
    qp_real *first = qp_tape_grad(tape, x, &beta);
    cr_expect_eq(beta, 0);
    cr_expect_eq(qp_tape_grad(tape, x, &beta), first);
    cr_expect_eq(beta, 1);
    cr_expect_null(qp_tape_grad(tape, op_matrix(2, 3, 1), &beta));
    qp_tape_free(tape);
}

Test(test_tape, a_band_clears_the_rest_of_its_matrix)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_leaf(tape, op_matrix(2, 5, 1)), band = qp_tensor_columns(x, 1, 2);
    for (int i = 0; i < 10; i++) x.node->grad[i] = (qp_real)NAN;
    qp_real beta, *grad = qp_tape_grad(tape, band, &beta);
    cr_expect_eq(beta, 1);
    cr_expect_eq(grad, x.node->grad + 1);
    for (int i = 0; i < 10; i++) cr_expect_eq(x.node->grad[i], 0);
    qp_tape_free(tape);
}

/* Bands that cover the matrix are stored; incomplete, overlapping or shorter ones are cleared and added to. */
Test(test_tape, bands_are_stored_only_where_they_cover_their_matrix)
{
    const struct {
        int first[2], count[2], rows;
        qp_real beta;
    } row[] = {{{0, 2}, {2, 4}, 3, 0},
               {{2, 0}, {4, 2}, 3, 0},
               {{0, 3}, {2, 3}, 3, 1},
               {{0, 1}, {3, 3}, 3, 1},
               {{0, 2}, {2, 4}, 2, 1}};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        qp_tape *tape = fresh(QP_TRAIN);
        qp_tensor x = op_leaf(tape, op_matrix(3, 6, 1)), band[2];
        qp_real *grad[2], beta[2];
        for (int i = 0; i < 18; i++) x.node->grad[i] = (qp_real)NAN;
        for (int b = 0; b < 2; b++) {
            band[b] = qp_tensor_columns(x, row[k].first[b], row[k].count[b]);
            band[b].rows = row[k].rows;
        }
        qp_tape_grad_bands(tape, band, 2, grad, beta);
        for (int b = 0; b < 2; b++) {
            cr_expect_eq(beta[b], row[k].beta, "case %zu", k);
            cr_expect_eq(grad[b], x.node->grad + row[k].first[b]);
        }
        cr_expect_eq(isnan(x.node->grad[0]) != 0, row[k].beta == 0, "case %zu", k);
        qp_tape_free(tape);
    }
}

/* A chain of matrices of one size needs memory for two gradients at a time. */
Test(test_tape, gradients_are_used_again)
{
    enum { LINKS = 40, SIZE = 64 };
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_leaf(tape, op_matrix(SIZE, SIZE, 1)), y = x;
    for (int i = 0; i < LINKS; i++) y = qp_scale(tape, y, 1);
    size_t before = qp_tape_peak_bytes(tape);
    op_backward(tape, y);
    cr_expect_lt(qp_tape_peak_bytes(tape) - before, 4 * SIZE * SIZE * sizeof(qp_real));
    for (int i = 0; i < SIZE * SIZE; i++) cr_expect_lt(fabs((double)x.node->grad[i] - (i + 1) / 10.0), 1e-3);
    qp_tape_free(tape);
}

Test(test_tape, what_no_result_depends_on_is_not_walked)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_leaf(tape, op_matrix(2, 3, 1)), unused = op_leaf(tape, op_matrix(2, 3, 2));
    qp_scale(tape, unused, 2);
    op_backward(tape, qp_scale(tape, x, 2));
    cr_expect(x.node->filled);
    cr_expect_not(unused.node->filled);
    qp_tape_free(tape);
}

Test(test_tape, the_first_failure_is_remembered)
{
    qp_tape *tape = fresh(QP_TRAIN);
    cr_expect_null(qp_tape_fail(tape, QP_ESHAPE, "first %d", 1).value);
    qp_tape_fail(tape, QP_EMEMORY, "second");
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
    cr_expect_str_eq(qp_tape_message(tape), "first 1");
    cr_expect_null(qp_tape_memory(tape, 10));
    qp_tape_begin(tape, QP_TRAIN, 1);
    cr_expect_eq(qp_tape_status(tape), QP_OK);
    cr_expect_eq(qp_tape_backward(tape, qp_tape_tensor(tape, 2, 1), 1), QP_ESHAPE);
    qp_tape_begin(tape, QP_TRAIN, 1);
    cr_expect_null(qp_tape_tensor(tape, -1, 3).value);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
    qp_tape_free(tape);
}

Test(test_tape, memory_has_an_end)
{
    qp_tape *tape = fresh(QP_TRAIN);
    cr_expect_null(qp_tape_memory(tape, (size_t)1 << 60));
    cr_expect_eq(qp_tape_status(tape), QP_EMEMORY);
    cr_expect_null(qp_tape_tensor(tape, 2147483647, 2147483647).value);
    qp_tape_free(tape);
}
