#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/recurrent/op_recurrent.h"
#include "tests/grad/op_check.h"

enum { SEQUENCES = 5, ROWS = 40, IN = 7, HIDDEN = 9, PROJECTED = 6, GATES_MAX = 4 * HIDDEN };

static const int32_t start[] = {0, 3, 4, 21, 29, 40};
static const qp_sequences ragged = {.count = SEQUENCES, .start = start};

typedef struct {
    qp_cell_kind cell;
    bool reverse, projected, bare;
} variant;

static const variant variants[] = {
    {.cell = QP_CELL_RNN},
    {.cell = QP_CELL_RNN_RELU, .reverse = true},
    {.cell = QP_CELL_LSTM},
    {.cell = QP_CELL_LSTM, .reverse = true},
    {.cell = QP_CELL_LSTM, .projected = true},
    {.cell = QP_CELL_GRU},
    {.cell = QP_CELL_GRU, .reverse = true},
    {.cell = QP_CELL_GRU, .bare = true},
    {.cell = QP_CELL_LSTM, .bare = true},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static variant now; /* per process: every test runs in its own */
static qp_tensor x;
static qp_recurrent_weights w;
static qp_carry first;

static int out_width(void) { return now.projected ? PROJECTED : HIDDEN; }

static void prepare(variant v)
{
    now = v;
    op_numbers_reset();
    int gates = qp_cell_shape_of(v.cell)->gates * HIDDEN;
    x = op_matrix(ROWS, IN, 1);
    w = (qp_recurrent_weights){.cell = v.cell,
                               .hidden = HIDDEN,
                               .input = op_matrix(gates, IN, 2),
                               .recurrent = op_matrix(gates, out_width(), 3)};
    first = (qp_carry){0};
    if (v.projected) w.projection = op_matrix(PROJECTED, HIDDEN, 4);
    if (v.bare) return;
    w.bias = op_matrix(1, gates, 5);
    w.recurrent_bias = op_matrix(1, gates, 6);
    first.hidden = op_matrix(SEQUENCES, out_width(), 7);
    if (v.cell == QP_CELL_LSTM) first.cell = op_matrix(SEQUENCES, HIDDEN, 8);
}

/* ---- in plain loops ---- */

static double sigmoid(double a) { return 1 / (1 + exp(-a)); }

static void affine(qp_tensor weight, qp_tensor bias, const double *v, double *y)
{
    for (int r = 0; r < weight.rows; r++) {
        y[r] = bias.value ? (double)bias.value[r] : 0;
        for (int c = 0; c < weight.columns; c++) y[r] += (double)qp_tensor_row(weight, r)[c] * v[c];
    }
}

static void plain_cell(const double *a, const double *s, double *h, double *c)
{
    for (int k = 0; k < HIDDEN; k++) {
        if (now.cell == QP_CELL_RNN) h[k] = tanh(a[k] + s[k]);
        if (now.cell == QP_CELL_RNN_RELU) h[k] = fmax(0, a[k] + s[k]);
        if (now.cell == QP_CELL_LSTM) {
            double i = sigmoid(a[k] + s[k]), f = sigmoid(a[HIDDEN + k] + s[HIDDEN + k]);
            double g = tanh(a[2 * HIDDEN + k] + s[2 * HIDDEN + k]), o = sigmoid(a[3 * HIDDEN + k] + s[3 * HIDDEN + k]);
            c[k] = f * c[k] + i * g;
            h[k] = o * tanh(c[k]);
        }
        if (now.cell == QP_CELL_GRU) {
            double r = sigmoid(a[k] + s[k]), z = sigmoid(a[HIDDEN + k] + s[HIDDEN + k]);
            double n = tanh(a[2 * HIDDEN + k] + r * s[2 * HIDDEN + k]);
            h[k] = (1 - z) * n + z * h[k];
        }
    }
}

static void plain_sequence(int sequence, double *y, double *last, double *last_cell)
{
    double h[HIDDEN] = {0}, c[HIDDEN] = {0}, a[GATES_MAX], s[GATES_MAX], in[IN], made[HIDDEN];
    int length = start[sequence + 1] - start[sequence], out = out_width();
    for (int k = 0; first.hidden.value && k < out; k++) h[k] = (double)qp_tensor_row(first.hidden, sequence)[k];
    for (int k = 0; first.cell.value && k < HIDDEN; k++) c[k] = (double)qp_tensor_row(first.cell, sequence)[k];
    for (int t = 0; t < length; t++) {
        int row = start[sequence] + (now.reverse ? length - 1 - t : t);
        for (int k = 0; k < IN; k++) in[k] = (double)qp_tensor_row(x, row)[k];
        affine(w.input, w.bias, in, a);
        affine(w.recurrent, w.recurrent_bias, h, s);
        memcpy(made, h, sizeof made);
        plain_cell(a, s, made, c);
        if (now.projected)
            affine(w.projection, (qp_tensor){0}, made, h);
        else
            memcpy(h, made, sizeof h);
        for (int k = 0; k < out; k++) y[row * out + k] = h[k];
    }
    memcpy(last + sequence * out, h, (size_t)out * sizeof *h);
    memcpy(last_cell + sequence * HIDDEN, c, sizeof c);
}

Test(test_op_recurrent, is_a_plain_loop)
{
    static double y[ROWS * HIDDEN], hidden[SEQUENCES * HIDDEN], cell[SEQUENCES * HIDDEN];
    for (int v = 0; v < 2 * VARIANTS; v++) {
        prepare(variants[v / 2]);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, v % 2 ? QP_INFER : QP_TRAIN, 1);
        qp_carry last;
        qp_tensor made = qp_recurrent(tape, x, ragged, &w, now.reverse, &first, &last);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        for (int s = 0; s < SEQUENCES; s++) plain_sequence(s, y, hidden, cell);
        op_near("outputs", (size_t)(ROWS * out_width()), made.value, y, 1e-5);
        op_near("last state", (size_t)(SEQUENCES * out_width()), last.hidden.value, hidden, 1e-5);
        if (now.cell == QP_CELL_LSTM) op_near("last cell", SEQUENCES * HIDDEN, last.cell.value, cell, 1e-5);
        qp_tape_free(tape);
    }
}

/* A batch equals its sequences alone, in any order, up to rounding. */
Test(test_op_recurrent, a_sequence_does_not_know_its_neighbours)
{
    for (int v = 0; v < VARIANTS; v++) {
        prepare(variants[v]);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor together = qp_recurrent(tape, x, ragged, &w, now.reverse, &first, NULL);
        for (int s = 0; s < SEQUENCES; s++) {
            int length = start[s + 1] - start[s];
            const int32_t own[] = {0, length};
            qp_tensor part = x;
            part.value = qp_tensor_row(x, start[s]);
            part.rows = length;
            qp_carry state = first;
            state.hidden.rows = state.cell.rows = 1;
            if (first.hidden.value) state.hidden.value = qp_tensor_row(first.hidden, s);
            if (first.cell.value) state.cell.value = qp_tensor_row(first.cell, s);
            qp_tensor alone = qp_recurrent(tape, part, (qp_sequences){.count = 1, .start = own}, &w, now.reverse,
                                           &state, NULL);
            double expected[ROWS * HIDDEN];
            for (int i = 0; i < length * out_width(); i++) expected[i] = (double)qp_tensor_row(together, start[s])[i];
            op_near("alone", (size_t)(length * out_width()), alone.value, expected, 1e-6);
        }
        qp_tape_free(tape);
    }
}

/* Two halves with the state carried over equal the whole: truncated back-propagation loses gradients, not values. */
Test(test_op_recurrent, a_carry_continues_the_text)
{
    for (int v = 0; v < VARIANTS; v++) {
        prepare(variants[v]);
        if (now.reverse) continue;
        const int32_t both[] = {0, 17}, head[] = {0, 6}, tail[] = {0, 11};
        qp_tensor text = x, front = x, rest = x;
        text.rows = 17, front.rows = 6, rest.rows = 11;
        rest.value = qp_tensor_row(x, 6);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 1);
        qp_carry carry;
        qp_tensor whole = qp_recurrent(tape, text, (qp_sequences){.count = 1, .start = both}, &w, false, NULL, NULL);
        qp_recurrent(tape, front, (qp_sequences){.count = 1, .start = head}, &w, false, NULL, &carry);
        qp_tensor second = qp_recurrent(tape, rest, (qp_sequences){.count = 1, .start = tail}, &w, false, &carry, NULL);
        double expected[11 * HIDDEN];
        for (int i = 0; i < 11 * out_width(); i++) expected[i] = (double)qp_tensor_row(whole, 6)[i];
        op_near("second half", (size_t)(11 * out_width()), second.value, expected, 1e-6);
        qp_tape_free(tape);
    }
}

static void whole_pass(qp_tape *tape, qp_real *result)
{
    qp_tensor leaf[4] = {op_leaf(tape, x), op_leaf(tape, w.input), op_leaf(tape, w.recurrent),
                         op_leaf(tape, first.hidden)};
    qp_recurrent_weights own = w;
    own.input = leaf[1];
    own.recurrent = leaf[2];
    qp_carry state = {.hidden = leaf[3], .cell = first.cell};
    qp_tensor y = qp_recurrent(tape, leaf[0], ragged, &own, now.reverse, &state, NULL);
    memcpy(result, y.value, sizeof *result * (size_t)(y.rows * y.columns));
    result += y.rows * y.columns;
    op_backward(tape, y);
    for (int i = 0; i < 4; i++) {
        memcpy(result, leaf[i].node->grad, leaf[i].node->count * sizeof *result);
        result += leaf[i].node->count;
    }
}

Test(test_op_recurrent, threads_give_the_same_bits)
{
    for (int v = 0; v < VARIANTS; v++) {
        prepare(variants[v]);
        if (now.bare) continue;
        int gates = qp_cell_shape_of(now.cell)->gates * HIDDEN;
        op_same_in_threads(whole_pass, (size_t)(ROWS * out_width() + ROWS * IN + gates * (IN + out_width()) +
                                                SEQUENCES * out_width()));
    }
}

Test(test_op_recurrent, refuses_what_does_not_fit)
{
    static const int32_t short_rows[] = {0, 3, 4}, empty[] = {0, 0, ROWS};
    prepare((variant){.cell = QP_CELL_GRU});
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_recurrent_weights wrong = w;
    wrong.input.columns = IN - 1;
    op_refused(tape, qp_recurrent(tape, x, ragged, &wrong, false, NULL, NULL), "input of another width");
    wrong = w;
    wrong.recurrent.rows--;
    op_refused(tape, qp_recurrent(tape, x, ragged, &wrong, false, NULL, NULL), "recurrent weight of other gates");
    wrong = w;
    wrong.bias.columns--;
    op_refused(tape, qp_recurrent(tape, x, ragged, &wrong, false, NULL, NULL), "short bias");
    wrong = w;
    wrong.projection = op_matrix(HIDDEN, HIDDEN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &wrong, false, NULL, NULL), "projection of a GRU");
    op_refused(tape, qp_recurrent(tape, x, (qp_sequences){.count = 2, .start = short_rows}, &w, false, NULL, NULL),
               "rows outside");
    op_refused(tape, qp_recurrent(tape, x, (qp_sequences){.count = 2, .start = empty}, &w, false, NULL, NULL),
               "empty sequence");
    qp_carry state = {.hidden = op_matrix(SEQUENCES - 1, HIDDEN, 9)};
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, &state, NULL), "state of fewer sequences");
    state.hidden = op_matrix(SEQUENCES, HIDDEN + 1, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, &state, NULL), "state of another width");
    qp_tape_free(tape);
}
