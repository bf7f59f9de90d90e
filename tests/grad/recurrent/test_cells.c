#include <criterion/criterion.h>
#include <string.h>

#include "tests/grad/op_check.h"
#include "tests/grad/recurrent/plain_cells.h"

/* Every cell of QP_CELLS (lib/grad/recurrent/cell_*.c), with widths that are no multiple of a vector. */
enum { SEQUENCES = 4, ROWS = 27, IN = 5, HIDDEN = 11, WIDEST = 4 * HIDDEN };

static const int32_t start[] = {0, 3, 4, 18, 27};
static const qp_sequences ragged = {.count = SEQUENCES, .start = start};

#define NAME(NAME, symbol, text) text,
static const char *const name[] = {QP_CELLS(NAME)};
#undef NAME
enum { CELLS = sizeof name / sizeof *name };

static qp_tensor x; /* per process: every test runs in its own */
static qp_recurrent_weights w;
static qp_carry first;
static bool reverse;

static void prepare(qp_cell_kind cell, bool reversed, bool noise)
{
    const qp_cell_shape *shape = qp_cell_shape_of(cell);
    op_numbers_reset();
    reverse = reversed;
    x = op_matrix(ROWS, IN, 1);
    w = (qp_recurrent_weights){.cell = cell,
                               .hidden = HIDDEN,
                               .input = op_matrix(shape->gates * HIDDEN, shape->window > 1 ? 2 * IN : IN, 2),
                               .bias = op_matrix(1, shape->gates * HIDDEN, 3),
                               .epsilon = (qp_real)1e-4};
    if (shape->recurrent) w.recurrent = op_matrix(shape->recurrent * HIDDEN, HIDDEN, 4);
    if (shape->gated) w.gated = op_matrix(shape->gated * HIDDEN, HIDDEN, 5);
    for (int e = 0; e < QP_CELL_EXTRAS && shape->extra[e].name; e++)
        w.extra[e] = op_matrix(shape->extra[e].rows, shape->extra[e].blocks * HIDDEN, 6 + (uint64_t)e);
    first = (qp_carry){.hidden = op_matrix(SEQUENCES, HIDDEN, 20)};
    if (shape->has_cell) first.cell = op_matrix(SEQUENCES, HIDDEN, 21);
    if (noise)
        w.masks = (qp_recurrent_masks){.recurrent = op_numbers(SEQUENCES * HIDDEN, 22),
                                       .keep_hidden = op_numbers(ROWS * HIDDEN, 23),
                                       .keep_cell = op_numbers(ROWS * HIDDEN, 24)};
}

/* ---- in plain loops ---- */

static void multiply(qp_tensor m, const double *v, double *y)
{
    for (int r = 0; r < m.rows; r++) {
        y[r] = 0;
        for (int c = 0; c < m.columns; c++) y[r] += (double)qp_tensor_row(m, r)[c] * v[c];
    }
}

static void widen(qp_tensor from, double *to)
{
    for (int r = 0; r < from.rows; r++)
        for (int c = 0; c < from.columns; c++) to[r * from.columns + c] = (double)qp_tensor_row(from, r)[c];
}

static void mix(const qp_real *m, const double *old, double *made)
{
    for (int k = 0; m && k < HIDDEN; k++) made[k] = (double)m[k] * old[k] + (1 - (double)m[k]) * made[k];
}

/* What W multiplies at `row`: x_t, or the columns of x_{t-1} and x_t interleaved. */
static void read_input(int row, int old, double *in)
{
    int window = w.input.columns / IN;
    for (int c = 0; c < IN; c++) {
        in[window * c + window - 1] = (double)qp_tensor_row(x, row)[c];
        if (window == 2) in[2 * c] = old < 0 ? 0 : (double)qp_tensor_row(x, old)[c];
    }
}

static void plain_sequence(int sequence, double *y, double *last, double *last_cell)
{
    static double bias[WIDEST], v[HIDDEN * HIDDEN], extra[QP_CELL_EXTRAS][WIDEST];
    double in[2 * IN], wx[WIDEST], uh[WIDEST], read[HIDDEN], h[HIDDEN], c[HIDDEN] = {0}, h_new[HIDDEN], c_new[HIDDEN];
    plain_step s = {.cell = w.cell, .n = HIDDEN, .wx = wx, .bias = bias, .uh = uh, .v = v, .read = read};
    s.epsilon = (double)w.epsilon, s.h = h, s.c = c, s.h_new = h_new, s.c_new = c_new;
    widen(w.bias, bias);
    if (w.gated.value) widen(w.gated, v);
    for (int e = 0; e < QP_CELL_EXTRAS; e++) {
        if (w.extra[e].value) widen(w.extra[e], extra[e]);
        s.extra[e] = extra[e];
    }
    for (int k = 0; k < HIDDEN; k++) h[k] = (double)qp_tensor_row(first.hidden, sequence)[k];
    for (int k = 0; first.cell.value && k < HIDDEN; k++) c[k] = (double)qp_tensor_row(first.cell, sequence)[k];
    int length = start[sequence + 1] - start[sequence], old = -1;
    for (int t = 0; t < length; t++) {
        int row = start[sequence] + (reverse ? length - 1 - t : t);
        const qp_recurrent_masks *m = &w.masks;
        for (int k = 0; k < HIDDEN; k++)
            read[k] = h[k] * (m->recurrent ? (double)m->recurrent[sequence * HIDDEN + k] : 1);
        read_input(row, old, in);
        multiply(w.input, in, wx);
        if (w.recurrent.value) multiply(w.recurrent, read, uh);
        memcpy(c_new, c, sizeof c);
        plain_cell(&s);
        mix(m->keep_hidden ? m->keep_hidden + row * HIDDEN : NULL, h, h_new);
        mix(m->keep_cell ? m->keep_cell + row * HIDDEN : NULL, c, c_new);
        memcpy(h, h_new, sizeof h);
        memcpy(c, c_new, sizeof c);
        memcpy(y + row * HIDDEN, h, sizeof h);
        old = row;
    }
    memcpy(last + sequence * HIDDEN, h, sizeof h);
    memcpy(last_cell + sequence * HIDDEN, c, sizeof c);
}

Test(test_cells, are_plain_loops)
{
    static double y[ROWS * HIDDEN], hidden[SEQUENCES * HIDDEN], cell[SEQUENCES * HIDDEN];
    for (int v = 0; v < 8 * CELLS; v++) {
        prepare((qp_cell_kind)(v / 8), v & 1, v & 2);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, v & 4 ? QP_INFER : QP_TRAIN, 1);
        qp_carry last;
        qp_tensor made = qp_recurrent(tape, x, ragged, &w, reverse, &first, &last);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s: %s", name[v / 8], qp_tape_message(tape));
        for (int s = 0; s < SEQUENCES; s++) plain_sequence(s, y, hidden, cell);
        op_near(name[v / 8], ROWS * HIDDEN, made.value, y, 2e-5);
        op_near(name[v / 8], SEQUENCES * HIDDEN, last.hidden.value, hidden, 2e-5);
        if (first.cell.value) op_near(name[v / 8], SEQUENCES * HIDDEN, last.cell.value, cell, 2e-5);
        qp_tape_free(tape);
    }
}

/* A batch equals its sequences alone, in any order, up to rounding. */
Test(test_cells, know_no_neighbours)
{
    for (int v = 0; v < 2 * CELLS; v++) {
        prepare((qp_cell_kind)(v / 2), v & 1, false);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor together = qp_recurrent(tape, x, ragged, &w, reverse, &first, NULL);
        for (int s = 0; s < SEQUENCES; s++) {
            int length = start[s + 1] - start[s];
            const int32_t own[] = {0, length};
            qp_tensor part = qp_tensor_of(length, IN, qp_tensor_row(x, start[s]));
            qp_carry state = {.hidden = qp_tensor_of(1, HIDDEN, qp_tensor_row(first.hidden, s))};
            if (first.cell.value) state.cell = qp_tensor_of(1, HIDDEN, qp_tensor_row(first.cell, s));
            qp_tensor alone = qp_recurrent(tape, part, (qp_sequences){.count = 1, .start = own}, &w, reverse, &state,
                                           NULL);
            double expected[ROWS * HIDDEN];
            for (int i = 0; i < length * HIDDEN; i++) expected[i] = (double)qp_tensor_row(together, start[s])[i];
            op_near(name[v / 2], (size_t)(length * HIDDEN), alone.value, expected, 2e-6);
        }
        qp_tape_free(tape);
    }
}

/* Two halves with the state carried over equal the whole; not for a window of two tokens, which reads across the
 * cut. */
Test(test_cells, go_on_from_a_carry)
{
    for (int v = 0; v < CELLS; v++) {
        prepare((qp_cell_kind)v, false, false);
        if (qp_cell_shape_of(w.cell)->window > 1) continue;
        const int32_t both[] = {0, 14}, half[] = {0, 7};
        qp_tensor text = qp_tensor_of(14, IN, qp_tensor_row(x, 4)), front = qp_tensor_of(7, IN, text.value);
        qp_tensor rest = qp_tensor_of(7, IN, qp_tensor_row(text, 7));
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 1);
        qp_carry carry;
        qp_tensor whole = qp_recurrent(tape, text, (qp_sequences){.count = 1, .start = both}, &w, false, NULL, NULL);
        qp_recurrent(tape, front, (qp_sequences){.count = 1, .start = half}, &w, false, NULL, &carry);
        qp_tensor second = qp_recurrent(tape, rest, (qp_sequences){.count = 1, .start = half}, &w, false, &carry, NULL);
        double expected[7 * HIDDEN];
        for (int i = 0; i < 7 * HIDDEN; i++) expected[i] = (double)qp_tensor_row(whole, 7)[i];
        op_near(name[v], 7 * HIDDEN, second.value, expected, 2e-6);
        qp_tape_free(tape);
    }
}

static size_t numbers_of_pass(void)
{
    const qp_tensor leaf[] = {x, w.input, w.recurrent, w.gated, w.bias, w.extra[0], first.hidden};
    size_t count = ROWS * HIDDEN;
    for (size_t i = 0; i < sizeof leaf / sizeof *leaf; i++) count += (size_t)leaf[i].rows * (size_t)leaf[i].columns;
    return count;
}

static qp_tensor leaf_or_none(qp_tape *tape, qp_tensor t) { return t.value ? op_leaf(tape, t) : t; }

static void whole_pass(qp_tape *tape, qp_real *result)
{
    qp_recurrent_weights own = w;
    own.input = op_leaf(tape, w.input);
    own.recurrent = leaf_or_none(tape, w.recurrent);
    own.gated = leaf_or_none(tape, w.gated);
    own.bias = op_leaf(tape, w.bias);
    own.extra[0] = leaf_or_none(tape, w.extra[0]);
    qp_carry state = {.hidden = op_leaf(tape, first.hidden), .cell = first.cell};
    const qp_tensor leaf[] = {op_leaf(tape, x), own.input,    own.recurrent, own.gated,
                              own.bias,         own.extra[0], state.hidden};
    qp_tensor y = qp_recurrent(tape, leaf[0], ragged, &own, reverse, &state, NULL);
    memcpy(result, y.value, sizeof *result * (size_t)(y.rows * y.columns));
    result += y.rows * y.columns;
    op_backward(tape, y);
    for (size_t i = 0; i < sizeof leaf / sizeof *leaf; i++) {
        if (!leaf[i].value) continue;
        memcpy(result, leaf[i].node->grad, leaf[i].node->count * sizeof *result);
        result += leaf[i].node->count;
    }
}

Test(test_cells, have_the_same_bits_in_threads)
{
    for (int v = 0; v < 2 * CELLS; v++) {
        prepare((qp_cell_kind)(v / 2), v & 1, v & 1);
        op_same_in_threads(whole_pass, numbers_of_pass());
    }
}

Test(test_cells, refuse_what_does_not_fit)
{
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    prepare(QP_CELL_LSTM_PEEPHOLE, false, false);
    w.extra[0] = (qp_tensor){0};
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "no peephole");
    prepare(QP_CELL_GRU_LAYER_NORM, false, false);
    w.extra[3] = op_matrix(1, HIDDEN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "a norm of one gate for three");
    prepare(QP_CELL_GRU_RESET_BEFORE, false, false);
    w.recurrent = op_matrix(3 * HIDDEN, HIDDEN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "U as large as that of a GRU");
    prepare(QP_CELL_MIN_GRU, false, false);
    w.recurrent = op_matrix(2 * HIDDEN, HIDDEN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "U where there is none");
    prepare(QP_CELL_QRNN, false, false);
    w.input = op_matrix(3 * HIDDEN, IN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "W of one token");
    prepare(QP_CELL_SRU, false, false);
    w.recurrent_bias = op_matrix(1, 4 * HIDDEN, 9);
    op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), "a second bias");
    qp_tape_free(tape);
}

/* Each matrix that a cell has beside W, U and b has its own shape, the last one too. */
Test(test_cells, refuse_extras_of_another_shape)
{
    qp_tape *tape = qp_tape_new();
    int tried = 0;
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int cell = 0; cell < CELLS; cell++) {
        const qp_cell_shape *shape = qp_cell_shape_of((qp_cell_kind)cell);
        for (int e = 0; e < QP_CELL_EXTRAS && shape->extra[e].name; e++, tried++)
            for (int way = 0; way < 3; way++) {
                prepare((qp_cell_kind)cell, false, false);
                qp_tensor *extra = &w.extra[e];
                if (way == 0) *extra = op_matrix(extra->rows + 1, extra->columns, 9);
                if (way == 1) *extra = op_matrix(extra->rows, extra->columns - 1, 9);
                if (way == 2) extra->stride++;
                op_refused(tape, qp_recurrent(tape, x, ragged, &w, false, NULL, NULL), name[cell]);
            }
    }
    cr_expect_geq(tried, 14);
    qp_tape_free(tape);
}
