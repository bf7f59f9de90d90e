#include "lib/grad/attention/op_additive.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_sequence.h"
#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/grad/step_weights.h"
#include "tests/grad/gradients/gradient_table.h"

static const int32_t start[] = {0, 2, 6, 7, 10};
static const qp_sequences ragged = {.count = 4, .start = start};
enum { ROWS = 10, IN = 3, HIDDEN = 2, PROJECTED = 3 };

/* Both biases, a given first state, gradients from y and from the last state. */
static void whole(gradient_case *c, bool reverse, bool projected)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_shape_of(cell)->gates * HIDDEN, out = projected ? PROJECTED : HIDDEN;
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

/* No biases and no states. */
static void bare(gradient_case *c)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_shape_of(cell)->gates * HIDDEN;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, HIDDEN);
    gradient_output(c, qp_recurrent(c->tape, x, ragged, &w, false, NULL, NULL));
}

/* Only the last state receives a gradient. */
static void last_only(gradient_case *c)
{
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_shape_of(cell)->gates * HIDDEN;
    qp_tensor x = gradient_input(c, ROWS, IN);
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, HIDDEN);
    qp_carry last;
    qp_recurrent(c->tape, x, ragged, &w, false, NULL, &last);
    gradient_output(c, last.hidden);
}

/* Three steps of a decoder with the same weights; the input of each is computed from the output before. */
static void steps(gradient_case *c)
{
    static const int32_t one_each[] = {0, 1, 2, 3, 4};
    qp_sequences s = {.count = 4, .start = one_each};
    qp_cell_kind cell = (qp_cell_kind)c->option;
    int gates = qp_cell_shape_of(cell)->gates * HIDDEN, out = cell == QP_CELL_LSTM ? PROJECTED : HIDDEN;
    qp_recurrent_weights w = {.cell = cell, .hidden = HIDDEN};
    qp_tensor x = gradient_input(c, 4, IN), map = gradient_input(c, IN, out), map_bias = gradient_input(c, 1, IN);
    w.input = gradient_input(c, gates, IN);
    w.recurrent = gradient_input(c, gates, out);
    w.recurrent_bias = gradient_input(c, 1, gates);
    if (cell == QP_CELL_LSTM) w.projection = gradient_input(c, out, HIDDEN);
    qp_carry state = {.hidden = gradient_input(c, 4, out)};
    qp_tape_stepping(c->tape, true);
    for (int t = 0; t < 3; t++) {
        qp_tensor y = qp_recurrent(c->tape, x, s, &w, false, &state, &state);
        x = qp_linear(c->tape, y, map, map_bias);
    }
    qp_tape_stepping(c->tape, false);
    gradient_output(c, x);
    gradient_output(c, state.hidden);
}

static const int32_t query_start[] = {0, 1, 3, 3, 6};

/* Bahdanau's score, with gradients from the context and from the map. */
static void additive(gradient_case *c)
{
    qp_sequences queries = {.count = 4, .start = query_start};
    qp_tensor query = gradient_input(c, 6, 3), key = gradient_input(c, ROWS, 3);
    qp_tensor value = c->option ? key : gradient_input(c, ROWS, 4), energy = gradient_input(c, 1, 3);
    qp_attention_map map;
    gradient_output(
        c, qp_additive_attention(c->tape, &(qp_additive){query, queries, key, value, ragged, energy}, &map, NULL));
    gradient_output(c, map.weights);
}

/* One part twice, one of them a band of columns. */
static void join(gradient_case *c)
{
    qp_tensor a = gradient_input(c, 3, 2), b = gradient_input(c, 3, 4);
    const qp_tensor part[] = {a, qp_tensor_columns(b, 1, 2), a};
    gradient_output(c, c->option ? qp_join_rows(c->tape, 3, part) : qp_join_columns(c->tape, 3, part));
}

static void mean(gradient_case *c)
{
    gradient_output(c, qp_sequence_mean(c->tape, gradient_input(c, ROWS, IN), ragged));
}

static void factors(gradient_case *c)
{
    static const qp_real factor[] = {(qp_real)1.5, 0, (qp_real)-0.7, 1};
    qp_tensor wide = gradient_input(c, ROWS, IN + 2);
    gradient_output(c, qp_sequence_scale(c->tape, qp_tensor_columns(wide, 1, IN), ragged, factor));
}

static void shared_dropout(gradient_case *c)
{
    static const int32_t group[] = {0, 0, 1, 1, 1, 1, 2, 3, 3, 3};
    qp_tensor x = gradient_input(c, ROWS, IN);
    gradient_output(c, qp_dropout_shared(c->tape, x, group, 11, (qp_real)0.4));
}

const gradient_row gradient_rows_recurrent[] = {
    {"qp_recurrent", "RNN tanh", forward, QP_CELL_RNN},
    {"qp_recurrent", "RNN relu, reverse", reverse, QP_CELL_RNN_RELU},
    {"qp_recurrent", "LSTM", forward, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, reverse", reverse, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, projection", projection, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, no bias", bare, QP_CELL_LSTM},
    {"qp_recurrent", "LSTM, last state only", last_only, QP_CELL_LSTM},
    {"qp_recurrent", "GRU", forward, QP_CELL_GRU},
    {"qp_recurrent", "GRU, reverse", reverse, QP_CELL_GRU},
    {"qp_recurrent", "GRU, no bias", bare, QP_CELL_GRU},
    {"qp_recurrent", "RNN, step by step", steps, QP_CELL_RNN},
    {"qp_recurrent", "LSTM with projection, step by step", steps, QP_CELL_LSTM},
    {"qp_recurrent", "GRU, step by step", steps, QP_CELL_GRU},
    {"qp_additive_attention", "values apart", additive, 0},
    {"qp_additive_attention", "keys are values", additive, 1},
    {"qp_join_columns", "a part twice, a band", join, 0},
    {"qp_join_rows", "a part twice, a band", join, 1},
    {"qp_sequence_mean", "ragged", mean, 0},
    {"qp_sequence_scale", "ragged, a band", factors, 0},
    {"qp_dropout_shared", "by sequence", shared_dropout, 0},
    {0},
};
