#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_linear.h"
#include "lib/tensor/gemm_packed.h"
#include "tests/grad/op_check.h"

enum { ROWS = 9, IN = 13, OUT = 21, HIDDEN = 34 };

static const qp_tensor none = {0};

static void plain_map(qp_tensor x, qp_tensor weight, qp_tensor bias, double *y)
{
    for (int r = 0; r < x.rows; r++)
        for (int o = 0; o < weight.rows; o++) {
            double sum = bias.value ? (double)bias.value[o] : 0;
            for (int i = 0; i < x.columns; i++)
                sum += (double)qp_tensor_row(x, r)[i] * (double)qp_tensor_row(weight, o)[i];
            y[r * weight.rows + o] = sum;
        }
}

static qp_tape *fresh(qp_mode mode)
{
    op_numbers_reset();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, mode, 1);
    return tape;
}

Test(test_op_linear, linear_is_a_plain_loop)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor wide = op_matrix(ROWS, IN + 4, 1), x = qp_tensor_columns(wide, 3, IN), weight = op_matrix(OUT, IN, 2),
              bias = op_matrix(1, OUT, 3);
    double expected[ROWS * OUT];
    plain_map(x, weight, bias, expected);
    op_near("with bias", ROWS * OUT, qp_linear(tape, x, weight, bias).value, expected, 1e-5);
    plain_map(x, weight, none, expected);
    op_near("without", ROWS * OUT, qp_linear(tape, x, weight, none).value, expected, 1e-5);
    qp_tape_free(tape);
}

Test(test_op_linear, a_packed_weight_gives_the_same_and_only_when_decoding)
{
    qp_tape *tape = fresh(QP_INFER);
    qp_tensor x = op_matrix(ROWS, IN, 1), weight = op_matrix(OUT, IN, 2), bias = op_matrix(1, OUT, 3);
    qp_real *panels = aligned_alloc(64, (qp_packed_count(OUT, IN) * sizeof(qp_real) + 63) / 64 * 64);
    qp_packed packed = qp_packed_init(panels, qp_tensor_matrix(weight), false);
    double expected[ROWS * OUT];
    plain_map(x, weight, bias, expected);
    qp_real zero[OUT * IN] = {0};
    qp_tensor empty_weight = qp_tensor_of(OUT, IN, zero); /* only the packed copy has the values */
    empty_weight.packed = &packed;
    op_near("packed", ROWS * OUT, qp_linear(tape, x, empty_weight, bias).value, expected, 1e-5);
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor trained = qp_linear(tape, x, empty_weight, none);
    for (int i = 0; i < ROWS * OUT; i++) cr_expect_eq(trained.value[i], 0);
    free(panels);
    qp_tape_free(tape);
}

static double plain_function(qp_activation_kind kind, double x)
{
    switch (kind) {
    case QP_RELU: return fmax(x, 0);
    case QP_LEAKY_RELU: return x < 0 ? 0.01 * x : x;
    case QP_ELU: return x < 0 ? exp(x) - 1 : x;
    default: return x / (1 + exp(-x));
    }
}

static void plain_block(qp_tensor x, const qp_feed_forward_weights *w, double *y)
{
    double inner[ROWS * HIDDEN], gate[ROWS * HIDDEN];
    plain_map(x, w->inner, w->inner_bias, inner);
    if (w->gate.value) plain_map(x, w->gate, w->gate_bias, gate);
    for (int i = 0; i < ROWS * HIDDEN; i++) {
        double f = plain_function(w->activation, w->gate.value ? gate[i] : inner[i]);
        inner[i] = w->gate.value ? f * inner[i] : f;
    }
    for (int r = 0; r < ROWS; r++)
        for (int o = 0; o < w->outer.rows; o++) {
            double sum = w->outer_bias.value ? (double)w->outer_bias.value[o] : 0;
            for (int i = 0; i < HIDDEN; i++) sum += inner[r * HIDDEN + i] * (double)qp_tensor_row(w->outer, o)[i];
            y[r * w->outer.rows + o] = sum;
        }
}

static qp_feed_forward_weights block_weights(bool gated, qp_activation_kind kind)
{
    return (qp_feed_forward_weights){.inner = op_matrix(HIDDEN, IN, 11),
                                     .inner_bias = op_matrix(1, HIDDEN, 12),
                                     .gate = gated ? op_matrix(HIDDEN, IN, 13) : none,
                                     .gate_bias = gated ? op_matrix(1, HIDDEN, 14) : none,
                                     .outer = op_matrix(IN, HIDDEN, 15),
                                     .outer_bias = op_matrix(1, IN, 16),
                                     .activation = kind};
}

Test(test_op_linear, feed_forward_is_a_plain_loop)
{
    for (int gated = 0; gated < 2; gated++)
        for (int mode = QP_INFER; mode <= QP_TRAIN; mode++)
            for (int kind = 0; kind < 4; kind++) {
                static const qp_activation_kind kinds[] = {QP_RELU, QP_SILU, QP_LEAKY_RELU, QP_ELU};
                qp_tape *tape = fresh((qp_mode)mode);
                qp_tensor x = op_matrix(ROWS, IN, 1);
                qp_feed_forward_weights w = block_weights(gated, kinds[kind]);
                double expected[ROWS * IN];
                plain_block(x, &w, expected);
                op_near("feed forward", ROWS * IN, qp_feed_forward(tape, x, &w).value, expected, 1e-5);
                qp_tape_free(tape);
            }
}

/* The backward recomputes the same dropped units, and none are dropped in QP_INFER. */
/* So many rows that they run in parts: each gets what it gets alone, and nothing is kept of its hidden layer. */
Test(test_op_linear, feed_forward_of_many_rows_keeps_no_hidden_layer)
{
    enum { LONG = 2 * QP_FEED_FORWARD_ROWS + 5 };
    qp_tape *tape = fresh(QP_TRAIN), *other = qp_tape_new();
    qp_tape_begin(other, QP_TRAIN, 1);
    qp_feed_forward_weights w = block_weights(true, QP_GELU);
    qp_tensor x = qp_tape_constant(other, LONG, IN);
    for (int i = 0; i < LONG * IN; i++) x.value[i] = (qp_real)((i * 37) % 101) / 50 - 1;
    qp_tensor y = qp_feed_forward(tape, x, &w);
    cr_assert_eq(qp_tape_status(tape), QP_OK);
    cr_expect_lt(qp_tape_peak_bytes(tape), (LONG * IN + 4 * QP_FEED_FORWARD_ROWS * HIDDEN + 1000) * sizeof(qp_real));
    for (int r = 0; r < LONG; r += LONG / 7) {
        qp_tensor row = x;
        row.value = qp_tensor_row(x, r);
        row.rows = 1;
        qp_tensor alone = qp_feed_forward(other, row, &w);
        double expected[IN];
        for (int i = 0; i < IN; i++) expected[i] = (double)alone.value[i];
        op_near("row", IN, qp_tensor_row(y, r), expected, 1e-6);
    }
    qp_tape_free(tape);
    qp_tape_free(other);
}

Test(test_op_linear, feed_forward_drops_in_training_only)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_matrix(ROWS, IN, 1);
    qp_feed_forward_weights w = block_weights(false, QP_RELU), still = w;
    w.dropout = (qp_real)0.5;
    qp_real first[ROWS * IN], second[ROWS * IN];
    memcpy(first, qp_feed_forward(tape, x, &w).value, sizeof first);
    memcpy(second, qp_feed_forward(tape, x, &w).value, sizeof second);
    cr_expect_neq(memcmp(first, second, sizeof first), 0, "two operations of a step drop the same");
    qp_tape_begin(tape, QP_TRAIN, 1);
    cr_expect_arr_eq(qp_feed_forward(tape, x, &w).value, first, sizeof first, "the same step drops otherwise");
    qp_tape_begin(tape, QP_INFER, 1);
    qp_tensor dropped = qp_feed_forward(tape, x, &w), whole = qp_feed_forward(tape, x, &still);
    cr_expect_arr_eq(dropped.value, whole.value, sizeof first);
    qp_tape_free(tape);
}

static qp_tensor shared_x, shared_weight, shared_bias;
static qp_feed_forward_weights shared_block;
static qp_packed shared_packed;

static void prepare(void)
{
    op_numbers_reset();
    shared_x = op_matrix(ROWS, IN, 1);
    shared_weight = op_matrix(OUT, IN, 2);
    shared_bias = op_matrix(1, OUT, 3);
    shared_block = block_weights(true, QP_SILU);
}

static qp_tensor some_rows(int first, int rows)
{
    qp_tensor x = shared_x;
    x.value = qp_tensor_row(x, first);
    x.rows = rows;
    return x;
}

static void linear_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    memcpy(y, qp_linear(tape, some_rows(first, rows), shared_weight, shared_bias).value,
           (size_t)rows * OUT * sizeof *y);
}

static void block_rows(qp_tape *tape, int first, int rows, qp_real *y)
{
    memcpy(y, qp_feed_forward(tape, some_rows(first, rows), &shared_block).value, (size_t)rows * IN * sizeof *y);
}

Test(test_op_linear, a_row_does_not_know_its_neighbours)
{
    prepare();
    op_same_by_rows(linear_rows, QP_TRAIN, ROWS, OUT, 1e-5);
    op_same_by_rows(block_rows, QP_TRAIN, ROWS, IN, 1e-5);
    qp_real *panels = aligned_alloc(64, (qp_packed_count(OUT, IN) * sizeof(qp_real) + 63) / 64 * 64);
    shared_packed = qp_packed_init(panels, qp_tensor_matrix(shared_weight), false);
    shared_weight.packed = &shared_packed;
    op_same_by_rows(linear_rows, QP_INFER, ROWS, OUT, 0);
    free(panels);
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor x = op_leaf(tape, shared_x), weight = op_leaf(tape, shared_weight), bias = op_leaf(tape, shared_bias);
    qp_feed_forward_weights w = shared_block;
    w.dropout = (qp_real)0.3;
    w.gate = op_leaf(tape, w.gate);
    qp_tensor y = qp_linear(tape, qp_feed_forward(tape, x, &w), weight, bias);
    memcpy(result, y.value, ROWS * OUT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + ROWS * OUT, x.node->grad, ROWS * IN * sizeof *result);
    memcpy(result + ROWS * (OUT + IN), weight.node->grad, OUT * IN * sizeof *result);
    memcpy(result + ROWS * (OUT + IN) + OUT * IN, w.gate.node->grad, HIDDEN * IN * sizeof *result);
}

Test(test_op_linear, any_number_of_threads_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(result_and_gradients, ROWS * (OUT + IN) + OUT * IN + HIDDEN * IN);
}

Test(test_op_linear, no_rows_are_no_work)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_leaf(tape, op_matrix(0, IN, 1)), weight = op_leaf(tape, op_matrix(OUT, IN, 2)),
              bias = op_leaf(tape, op_matrix(1, OUT, 3));
    qp_tensor y = qp_linear(tape, x, weight, bias);
    op_backward(tape, y);
    cr_expect_eq(qp_tape_status(tape), QP_OK);
    for (int i = 0; i < OUT * IN && weight.node->filled; i++) cr_expect_eq(weight.node->grad[i], 0);
    for (int i = 0; i < OUT && bias.node->filled; i++) cr_expect_eq(bias.node->grad[i], 0);
    qp_tape_free(tape);
}

Test(test_op_linear, wrong_shapes_are_refused)
{
    qp_tape *tape = fresh(QP_TRAIN);
    qp_tensor x = op_matrix(ROWS, IN, 1);
    op_refused(tape, qp_linear(tape, x, op_matrix(OUT, IN + 1, 2), none), "a weight of other columns");
    op_refused(tape, qp_linear(tape, x, op_matrix(OUT, IN, 2), op_matrix(1, OUT + 1, 3)), "a longer bias");
    op_refused(tape, qp_linear(tape, x, op_matrix(OUT, IN, 2), op_matrix(2, OUT, 3)), "a bias of two rows");
    qp_feed_forward_weights w = block_weights(true, QP_SILU), wrong = w;
    wrong.gate = op_matrix(HIDDEN - 1, IN, 4);
    op_refused(tape, qp_feed_forward(tape, x, &wrong), "a gate of other size");
    wrong = w;
    wrong.outer = op_matrix(IN, HIDDEN + 1, 4);
    op_refused(tape, qp_feed_forward(tape, x, &wrong), "an outer weight of other columns");
    wrong = w;
    wrong.inner_bias = op_matrix(1, IN, 4);
    op_refused(tape, qp_feed_forward(tape, x, &wrong), "an inner bias of other size");
    wrong = w;
    wrong.dropout = 1;
    op_refused(tape, qp_feed_forward(tape, x, &wrong), "dropout of everything");
    qp_tape_free(tape);
}
