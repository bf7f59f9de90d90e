#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/grad/step_weights.h"
#include "tests/grad/op_check.h"

enum { IN = 37, OUT = 35, MOST = QP_STEP_ROWS + 70 };

/* Rows of each step: together, and in one step alone, more than QP_STEP_ROWS. */
static const int rows_of_step[] = {3, 40, MOST, 1, 90};
enum { STEPS = sizeof rows_of_step / sizeof *rows_of_step };

static qp_tensor parameter(qp_tape *tape, int rows, int columns, uint64_t seed)
{
    return op_leaf(tape, op_matrix(rows, columns, seed));
}

/* Outputs, then the gradients of weight, bias and every step's rows. */
static void steps(qp_tape *tape, bool stepping, qp_real *result)
{
    qp_tensor weight = parameter(tape, OUT, IN, 1), bias = parameter(tape, 1, OUT, 2), x[STEPS], y[STEPS];
    qp_tape_stepping(tape, stepping);
    for (int t = 0; t < STEPS; t++) {
        x[t] = op_leaf(tape, op_matrix(rows_of_step[t], IN, (uint64_t)t + 3));
        y[t] = qp_linear(tape, x[t], weight, bias);
    }
    qp_tape_stepping(tape, false);
    for (int t = 0; t < STEPS; t++) {
        size_t count = (size_t)rows_of_step[t] * OUT;
        qp_real beta, *grad = qp_tape_grad(tape, y[t], &beta);
        memcpy(result, y[t].value, count * sizeof *result);
        memcpy(grad, op_numbers(count, 20 + (uint64_t)t), count * sizeof *grad);
        result += count;
    }
    cr_assert_eq(qp_tape_backward_from(tape), QP_OK, "%s", qp_tape_message(tape));
    memcpy(result, weight.node->grad, OUT * IN * sizeof *result);
    memcpy(result += OUT * IN, bias.node->grad, OUT * sizeof *result);
    result += OUT;
    for (int t = 0; t < STEPS; t++) {
        memcpy(result, x[t].node->grad, x[t].node->count * sizeof *result);
        result += x[t].node->count;
    }
}

enum { ROWS = 3 + 40 + MOST + 1 + 90, COUNT = ROWS * (IN + OUT) + OUT * IN + OUT };

Test(test_step_weights, steps_are_what_they_are_one_by_one)
{
    static qp_real together[COUNT], apart[COUNT];
    static double expected[COUNT];
    qp_tape *tape = qp_tape_new();
    for (int pass = 0; pass < 2; pass++) { /* the second pass starts empty */
        op_numbers_reset();
        qp_tape_begin(tape, QP_TRAIN, 1);
        steps(tape, false, apart);
        op_numbers_reset();
        qp_tape_begin(tape, QP_TRAIN, 1);
        steps(tape, true, together);
        for (int i = 0; i < COUNT; i++) expected[i] = (double)apart[i];
        op_near("steps", COUNT, together, expected, 1e-4);
    }
    qp_tape_free(tape);
}

static qp_tensor ready[STEPS + 2], upstream[STEPS];

static void with_steps(qp_tape *tape, qp_real *result)
{
    qp_tensor weight = op_leaf(tape, ready[0]), x;
    qp_tape_stepping(tape, true);
    for (int t = 0; t < STEPS; t++) {
        x = qp_linear(tape, op_leaf(tape, ready[t + 1]), weight, (qp_tensor){0});
        qp_real beta, *grad = qp_tape_grad(tape, x, &beta);
        memcpy(grad, upstream[t].value, x.node->count * sizeof *grad);
    }
    memcpy(result, x.value, x.node->count * sizeof *result);
    cr_assert_eq(qp_tape_backward_from(tape), QP_OK);
    memcpy(result + x.node->count, weight.node->grad, OUT * IN * sizeof *result);
}

Test(test_step_weights, threads_give_the_same_bits)
{
    op_numbers_reset();
    ready[0] = op_matrix(OUT, IN, 1);
    for (int t = 0; t < STEPS; t++) {
        ready[t + 1] = op_matrix(rows_of_step[t], IN, (uint64_t)t + 2);
        upstream[t] = op_matrix(rows_of_step[t], OUT, (uint64_t)t + 20);
    }
    op_same_in_threads(with_steps, 90 * OUT + OUT * IN);
}

/* Only parameters, and only between the two calls. */
Test(test_step_weights, asks_what_is_a_step)
{
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor weight = parameter(tape, OUT, IN, 1), other = qp_tape_tensor(tape, OUT, IN);
    cr_expect(!qp_step_weight(tape, weight));
    qp_tape_stepping(tape, true);
    cr_expect(qp_step_weight(tape, weight));
    cr_expect(!qp_step_weight(tape, other));
    cr_expect(!qp_step_weight(tape, op_matrix(OUT, IN, 3)));
    const qp_packed *first = qp_step_packed(tape, weight, false);
    cr_expect_eq(first, qp_step_packed(tape, weight, false));
    cr_expect_eq(qp_step_packed(tape, weight, true)->n, IN);
    qp_tape_begin(tape, QP_TRAIN, 2);
    cr_expect(!qp_step_weight(tape, weight), "a new pass begins without steps");
    qp_tape_free(tape);
}
