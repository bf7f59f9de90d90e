#include "lib/grad/op_recurrent.h"
#include "tests/grad/gradient_table.h"

static const int32_t start[] = {0, 2, 6, 7, 10};
static const qp_sequences ragged = {.count = 4, .start = start};
enum { ROWS = 10, IN = 3, HIDDEN = 2, PROJECTED = 3 };

/* Everything at once: both biases, a given first state, gradients from y and from the last state. */
static void whole(gradient_case *c, bool reverse, bool projected)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_gates(cell) * HIDDEN, out = projected ? PROJECTED : HIDDEN;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, out);
    w.bias = gradient_input(c, 1, gates);
    w.recurrent_bias = gradient_input(c, 1, gates);
    if (projected) w.projection = gradient_input(c, out, HIDDEN);
    qp_carry first = {.hidden = gradient_input(c, 4, out)}, last;
    if (cell == QP_CELL_LSTM) first.cell = gradient_input(c, 4, HIDDEN);
    gradient_output(c, qp_recurrent(c->tape, x, ragged, &w, reverse, &first, &last));
    gradient_output(c, last.hidden);
    if (cell == QP_CELL_LSTM) gradient_output(c, last.cell);
}

static void forward(gradient_case *c) { whole(c, false, false); }
static void reverse(gradient_case *c) { whole(c, true, false); }
static void projection(gradient_case *c) { whole(c, false, true); }

/* No biases, no states: only what must be there. */
static void bare(gradient_case *c)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_gates(cell) * HIDDEN;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, HIDDEN);
    gradient_output(c, qp_recurrent(c->tape, x, ragged, &w, false, NULL, NULL));
}

/* An encoder of which only the last state is read. */
static void last_only(gradient_case *c)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_gates(cell) * HIDDEN;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, HIDDEN);
    qp_carry last;
    qp_recurrent(c->tape, x, ragged, &w, false, NULL, &last);
    gradient_output(c, last.hidden);
}

const gradient_row gradient_rows_recurrent[] = {
    {"qp_recurrent", "RNN tanh", forward, QP_CELL_RNN_TANH},
    {"qp_recurrent", "RNN relu, reverse", reverse, QP_CELL_RNN_RELU},
    {"qp_recurrent", "LSTM", forward, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, reverse", reverse, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, projection", projection, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, no bias", bare, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, last state only", last_only, QP_CELL_LSTM},
    {"qp_recurrent", "GRU", forward, QP_CELL_GRU},
    {"qp_recurrent", "GRU, reverse", reverse, QP_CELL_GRU},
    {"qp_recurrent", "GRU, no bias", bare, QP_CELL_GRU},
    {0},
};
