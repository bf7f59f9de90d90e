#include "lib/grad/loss/op_output_loss.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/op_linear.h"
#include "tests/grad/op_check.h"

/* Three blocks of rows. */
enum { ROWS = 400, CLASSES = 33000, WIDTH = 2, WEIGHTS = CLASSES * WIDTH };
#define SCALE ((qp_real)0.25)

static qp_tensor x, weight, bias;
static int32_t target[ROWS];
static const qp_output_loss_terms terms = {(qp_real)0.1, NULL};

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    x = op_matrix(ROWS, WIDTH, 1);
    weight = op_matrix(CLASSES, WIDTH, 2);
    bias = op_matrix(1, CLASSES, 3);
    for (int r = 0; r < ROWS; r++) target[r] = (int32_t)qp_random_below(4, (uint64_t)r, CLASSES + 500) - 500;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 5);
    if (mode == QP_TRAIN) {
        x = op_leaf(tape, x);
        weight = op_leaf(tape, weight);
        bias = op_leaf(tape, bias);
    }
    return tape;
}

static double *doubles(size_t count, const qp_real *from)
{
    double *to = malloc(count * sizeof *to);
    for (size_t i = 0; i < count; i++) to[i] = (double)from[i];
    return to;
}

static void same(const char *what, size_t count, const qp_real *fused, const qp_real *plain)
{
    double *expected = doubles(count, plain);
    op_near(what, count, fused, expected, 1e-5);
    free(expected);
}

Test(test_op_output_loss, blocks_give_the_loss_and_gradients_of_the_whole_matrix)
{
    static qp_real dx[ROWS * WIDTH], dweight[WEIGHTS], dbias[CLASSES];
    cr_assert_lt(2 * qp_output_loss_rows(CLASSES), ROWS);
    qp_tape *tape = fresh(QP_TRAIN);
    const qp_cross_entropy_config config = {.reduction = QP_SUM, .smoothing = terms.smoothing};
    qp_tensor loss = qp_cross_entropy(tape, qp_linear(tape, x, weight, bias), target, &config);
    double whole = (double)loss.value[0];
    cr_assert_eq(qp_tape_backward(tape, loss, SCALE), QP_OK, "%s", qp_tape_message(tape));
    memcpy(dx, x.node->grad, sizeof dx);
    memcpy(dweight, weight.node->grad, sizeof dweight);
    memcpy(dbias, bias.node->grad, sizeof dbias);
    qp_tape_free(tape);

    tape = fresh(QP_TRAIN);
    qp_tape_expect_scale(tape, SCALE);
    loss = qp_output_loss(tape, x, weight, bias, target, &terms);
    cr_expect_eq((double)loss.value[0], whole);
    cr_assert_eq(qp_tape_backward(tape, loss, SCALE), QP_OK, "%s", qp_tape_message(tape));
    same("dx", ROWS * WIDTH, x.node->grad, dx);
    same("dweight", WEIGHTS, weight.node->grad, dweight);
    same("dbias", CLASSES, bias.node->grad, dbias);
    cr_expect_lt(qp_tape_peak_bytes(tape), (size_t)ROWS * CLASSES * sizeof(qp_real), "no matrix of logits");
    qp_tape_free(tape);

    tape = fresh(QP_INFER);
    cr_expect_eq((double)qp_output_loss(tape, x, weight, bias, target, &terms).value[0], whole);
    qp_tape_free(tape);
}

Test(test_op_output_loss, refuses_another_scale_and_wrong_shapes)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tape_expect_scale(tape, SCALE);
    qp_tensor loss = qp_output_loss(tape, x, weight, bias, target, &terms);
    cr_expect_eq(qp_tape_backward(tape, loss, 2 * SCALE), QP_EBUG);
    qp_tape_free(tape);
    tape = fresh(QP_TRAIN);
    op_refused(tape, qp_output_loss(tape, x, qp_tensor_columns(weight, 0, 1), bias, target, &terms), "columns");
    op_refused(tape, qp_output_loss(tape, x, weight, qp_tensor_columns(bias, 0, 2), target, &terms), "bias");
    const qp_output_loss_terms wrong = {2, NULL};
    op_refused(tape, qp_output_loss(tape, x, weight, bias, target, &wrong), "smoothing");
    target[ROWS - 1] = CLASSES;
    op_refused(tape, qp_output_loss(tape, x, weight, bias, target, &terms), "target");
    qp_tape_free(tape);
}

/* A batch without rows clears the gradients that it is the first to write. */
Test(test_op_output_loss, no_rows)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tape_expect_scale(tape, SCALE);
    x.rows = 0;
    qp_tensor loss = qp_output_loss(tape, x, weight, bias, target, &terms);
    cr_expect_eq((double)loss.value[0], 0);
    for (int i = 0; i < WEIGHTS; i++) cr_assert_eq((double)weight.node->grad[i], 0);
    for (int i = 0; i < CLASSES; i++) cr_assert_eq((double)bias.node->grad[i], 0);
    qp_tape_free(tape);
}
