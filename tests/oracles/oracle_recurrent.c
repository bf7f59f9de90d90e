#include <stdio.h>
#include <string.h>

#include "lib/grad/attention/op_additive.h"
#include "lib/grad/op_linear.h"
#include "lib/nn/recurrent.h"
#include "lib/nn/recurrent_attention.h"
#include "tests/oracles/oracle.h"

/* Recurrent layers, and the attention of recurrent decoders. */

/* ---- rnn, lstm, gru ---- */

static int split_layers(const qp_parameter *ours, oracle_piece *piece)
{
    snprintf(piece->name, sizeof piece->name, "%s", ours->name + strlen("layers."));
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

static qp_recurrent_config config_of(oracle *o, qp_cell_kind cell)
{
    return (qp_recurrent_config){.cell = cell,
                                 .input = oracle_size(o, "in.x", 2),
                                 .hidden = oracle_int(o, "hidden_size"),
                                 .layers = oracle_int(o, "num_layers"),
                                 .bidirectional = oracle_flag(o, "bidirectional"),
                                 .projection = (int)oracle_number_or(o, "proj_size", 0),
                                 .bias = oracle_flag(o, "bias"),
                                 .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}};
}

/* One slot of states [batch, slots, width]. */
static int32_t *slot_map(oracle *o, int batch, int slots, int slot, int width)
{
    int32_t *map = oracle_memory(o, (size_t)batch * (size_t)width * sizeof *map);
    for (int b = 0; b < batch; b++)
        for (int c = 0; c < width; c++) map[b * width + c] = (b * slots + slot) * width + c;
    return map;
}

static qp_carry *first_states(oracle *o, const qp_recurrent_module *m, int batch)
{
    if (!oracle_flag(o, "initial_state")) return NULL;
    qp_carry *first = oracle_memory(o, (size_t)m->slots * sizeof *first);
    for (int s = 0; s < m->slots; s++) {
        first[s].hidden = oracle_input(o, "h0", batch, m->out, slot_map(o, batch, m->slots, s, m->out));
        if (m->config.cell != QP_CELL_LSTM) continue;
        first[s].cell = oracle_input(o, "c0", batch, m->config.hidden,
                                     slot_map(o, batch, m->slots, s, m->config.hidden));
    }
    return first;
}

static void layers(oracle *o, qp_cell_kind cell)
{
    qp_recurrent_config config = config_of(o, cell);
    qp_recurrent_module m;
    if (qp_recurrent_init(&m, oracle_params(o), &config, "layers") != QP_OK) oracle_stop(o, "%s", qp_error_message());
    oracle_bind(o, "param.", split_layers);
    oracle_ragged rows = oracle_ragged_lengths(o, oracle_size(o, "in.x", 1), "in.lengths");
    qp_tensor x = oracle_input(o, "x", rows.rows, config.input, oracle_rows_map(o, &rows, config.input));
    qp_carry *last = oracle_memory(o, (size_t)m.slots * sizeof *last);
    qp_recurrent_pass pass = {.tape = o->tape,
                              .params = o->params,
                              .sequences = rows.sequences,
                              .first = first_states(o, &m, rows.batch),
                              .last = last};
    qp_tensor y = qp_recurrent_forward(&m, &pass, x);
    oracle_output(o, "y", y, oracle_rows_map(o, &rows, m.width));
    for (int s = 0; s < m.slots; s++) {
        oracle_output(o, "h_n", last[s].hidden, slot_map(o, rows.batch, m.slots, s, m.out));
        if (cell == QP_CELL_LSTM)
            oracle_output(o, "c_n", last[s].cell, slot_map(o, rows.batch, m.slots, s, config.hidden));
    }
    qp_recurrent_free(&m);
}

static void rnn(oracle *o)
{
    if (oracle_is(o, "nonlinearity", "relu"))
        layers(o, QP_CELL_RNN_RELU);
    else if (oracle_is(o, "nonlinearity", "tanh"))
        layers(o, QP_CELL_RNN);
    else
        oracle_skip(o, "rnn %.80s", oracle_text_or(o, "nonlinearity", "none"));
}

static void lstm(oracle *o) { layers(o, QP_CELL_LSTM); }
static void gru(oracle *o) { layers(o, QP_CELL_GRU); }

/* ---- attention ---- */

typedef struct {
    int batch, queries, keys;
    oracle_ragged query_rows, memory_rows;
    qp_tensor query, memory;
} looking;

static looking looking_of(oracle *o)
{
    looking l = {.batch = oracle_size(o, "in.query", 0),
                 .queries = oracle_size(o, "in.query", 1),
                 .keys = oracle_size(o, "in.memory", 1)};
    l.query_rows = oracle_ragged_of(o, l.batch, l.queries, NULL);
    l.memory_rows = oracle_ragged_lengths(o, l.keys, "in.lengths");
    if (l.memory_rows.batch != l.batch) oracle_stop(o, "%d lengths for %d sources", l.memory_rows.batch, l.batch);
    int q = oracle_size(o, "in.query", 2), m = oracle_size(o, "in.memory", 2);
    l.query = oracle_input(o, "query", l.query_rows.rows, q, oracle_rows_map(o, &l.query_rows, q));
    l.memory = oracle_input(o, "memory", l.memory_rows.rows, m, oracle_rows_map(o, &l.memory_rows, m));
    return l;
}

/* Here: blocks [Tq, keys read], one per sequence; in the file: [batch, Tq, Tk]. */
static int32_t *pairs_map(oracle *o, const looking *l, int *count)
{
    int32_t *map = oracle_memory(o, (size_t)l->queries * (size_t)l->memory_rows.rows * sizeof *map), *next = map;
    for (int b = 0; b < l->batch; b++)
        for (int q = 0; q < l->queries; q++)
            for (int r = l->memory_rows.start[b]; r < l->memory_rows.start[b + 1]; r++)
                *next++ = (b * l->queries + q) * l->keys + l->memory_rows.row[r] % l->keys;
    *count = (int)(next - map);
    return map;
}

static void results(oracle *o, const looking *l, qp_tensor context, const qp_attention_map *map, qp_real *score)
{
    int count;
    const int32_t *pairs = pairs_map(o, l, &count);
    oracle_output(o, "context", context, oracle_rows_map(o, &l->query_rows, context.columns));
    oracle_output(o, "weights", map->weights, pairs);
    oracle_output(o, "scores", qp_tensor_of(count, 1, score), pairs);
}

static qp_real *scores_memory(oracle *o, const looking *l)
{
    return oracle_memory(o, (size_t)l->queries * (size_t)l->memory_rows.rows * sizeof(qp_real));
}

/* Query and key weights are columns of one matrix, or two matrices. */
static void additive(oracle *o, qp_tensor query_weight, qp_tensor key_weight, const char *energy)
{
    looking l = looking_of(o);
    qp_attention_map map;
    qp_real *score = scores_memory(o, &l);
    qp_tensor query = qp_linear(o->tape, l.query, query_weight, (qp_tensor){0});
    qp_tensor keys = qp_linear(o->tape, l.memory, key_weight, (qp_tensor){0});
    qp_tensor context = qp_additive_attention(
        o->tape,
        &(qp_additive){query, l.query_rows.sequences, keys, l.memory, l.memory_rows.sequences, oracle_param(o, energy)},
        &map, score);
    results(o, &l, context, &map, score);
}

static void bahdanau(oracle *o)
{
    additive(o, oracle_param(o, "query_layer.weight"), oracle_param(o, "key_layer.weight"), "energy_layer.weight");
}

static int split_general(const qp_parameter *ours, oracle_piece *piece)
{
    snprintf(piece->name, sizeof piece->name, "%s", strstr(ours->name, "general."));
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

static void product(oracle *o, qp_attend_kind kind)
{
    qp_attend_sizes sizes = {.query = oracle_size(o, "in.query", 2),
                             .key = oracle_size(o, "in.memory", 2),
                             .weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}};
    qp_recurrent_attention attention = qp_recurrent_attention_add(oracle_params(o), kind, sizes, "attention");
    oracle_bind(o, "param.", split_general);
    looking l = looking_of(o);
    qp_attention_map map;
    qp_tensor keys = qp_recurrent_attention_keys(&attention, o->tape, o->params, l.memory);
    const qp_attend_source source = {keys, l.memory, l.memory_rows.sequences, NULL};
    qp_tensor context = qp_recurrent_attention_forward(&attention, o->tape, o->params, l.query, l.query_rows.sequences,
                                                       &source, &map);
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    qp_real *score = scores_memory(o, &l), *next = score;
    for (int b = 0; b < l.batch; b++)
        for (int q = 0; q < l.queries; q++)
            for (int r = l.memory_rows.start[b]; r < l.memory_rows.start[b + 1]; r++, next++)
                for (int c = 0; c < keys.columns; c++)
                    *next += qp_tensor_row(l.query, b * l.queries + q)[c] * qp_tensor_row(keys, r)[c];
    results(o, &l, context, &map, score);
}

static void luong(oracle *o)
{
    if (oracle_is(o, "kind", "dot")) {
        product(o, QP_ATTEND_LUONG_DOT);
    } else if (oracle_is(o, "kind", "general")) {
        product(o, QP_ATTEND_LUONG_GENERAL);
    } else if (oracle_is(o, "kind", "concat")) {
        qp_tensor both = oracle_param(o, "concat.weight");
        int width = oracle_size(o, "in.query", 2);
        additive(o, qp_tensor_columns(both, 0, width), qp_tensor_columns(both, width, both.columns - width),
                 "energy.weight");
    } else {
        oracle_skip(o, "luong %.80s", oracle_text_or(o, "kind", "none"));
    }
}

const oracle_row oracle_rows_recurrent[] = {{"rnn", rnn},           {"lstm", lstm},   {"gru", gru},
                                            {"bahdanau", bahdanau}, {"luong", luong}, {0}};
