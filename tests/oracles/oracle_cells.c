#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_batch_norm.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_sequence.h"
#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/train/optimizer.h"
#include "tests/oracles/oracle_blocks.h"

/* rnn_cell: every cell of op_recurrent.h by name, with masks on the recurrent state; dropout with given masks;
 * max-norm of embeddings; batch norm over several batches. */

/* "weight_hh@72" is the part of weight_hh that begins at element 72. */
static int split_parts(const qp_parameter *ours, oracle_piece *piece)
{
    const char *at = strchr(ours->name, '@');
    snprintf(piece->name, sizeof piece->name, "%.*s", (int)(at ? at - ours->name : 100), ours->name);
    piece->at = at ? strtoul(at + 1, NULL, 10) : 0;
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

static int add(qp_params *params, int rows, int columns, const char *name)
{
    return rows > 0 ? qp_params_add(params, rows, columns, qp_init_constant(0), "%s", name) : -1;
}

static qp_recurrent_weights weights_of(oracle *o, qp_cell_kind cell, int inputs, int hidden)
{
    const qp_cell_shape *shape = qp_cell_shape_of(cell);
    qp_params *params = oracle_params(o);
    char late[40];
    snprintf(late, sizeof late, "weight_hh@%d", shape->recurrent * hidden * hidden);
    int input = add(params, shape->gates * hidden, inputs * (shape->window > 1 ? shape->window : 1), "weight_ih");
    int recurrent = add(params, shape->recurrent * hidden, hidden, "weight_hh");
    int gated = add(params, shape->gated * hidden, hidden, late), bias = add(params, 1, shape->gates * hidden, "bias");
    int extra[QP_CELL_EXTRAS];
    for (int e = 0; e < QP_CELL_EXTRAS; e++)
        extra[e] = shape->extra[e].name
                       ? add(params, shape->extra[e].rows, shape->extra[e].blocks * hidden, shape->extra[e].name)
                       : -1;
    oracle_bind(o, "param.", split_parts);
    qp_recurrent_weights w = {.cell = cell,
                              .hidden = hidden,
                              .input = qp_param(o->tape, params, input),
                              .recurrent = qp_param(o->tape, params, recurrent),
                              .gated = qp_param(o->tape, params, gated),
                              .bias = qp_param(o->tape, params, bias),
                              .epsilon = (qp_real)1e-5};
    for (int e = 0; e < QP_CELL_EXTRAS; e++) w.extra[e] = qp_param(o->tape, params, extra[e]);
    return w;
}

static bool cell_named(oracle *o, qp_cell_kind *cell)
{
#define NAME(NAME, symbol, text) [QP_CELL_##NAME] = text,
    static const char *const name[QP_CELL_COUNT] = {QP_CELLS(NAME)};
#undef NAME
    char kind[100];
    snprintf(kind, sizeof kind, "%s", oracle_text(o, "kind"));
    for (char *c = kind; *c; c++)
        if (*c == '_') *c = '-';
    for (int i = 0; i < QP_CELL_COUNT; i++)
        if (name[i] && strcmp(name[i], kind) == 0) {
            *cell = (qp_cell_kind)i;
            return true;
        }
    return false;
}

static const qp_real *mask(oracle *o, const char *name) { return oracle_find(o, name) ? oracle_reals(o, name) : NULL; }

/* x times its mask [batch, inputs], the same mask at every step. */
static qp_tensor masked_input(oracle *o, qp_tensor x, int time)
{
    const qp_real *given = mask(o, "in.mask_x");
    if (!given) return x;
    qp_tensor m = qp_tape_constant(o->tape, x.rows, x.columns);
    for (int r = 0; m.value && r < x.rows; r++)
        memcpy(qp_tensor_row(m, r), given + r / time * x.columns, (size_t)x.columns * sizeof *given);
    return qp_multiply(o->tape, x, m);
}

static void rnn_cell(oracle *o)
{
    qp_cell_kind cell;
    if (!cell_named(o, &cell)) oracle_skip(o, "rnn_cell %.80s", oracle_text(o, "kind"));
    int batch = oracle_size(o, "in.x", 0), time = oracle_size(o, "in.x", 1), inputs = oracle_size(o, "in.x", 2);
    int hidden = oracle_int(o, "hidden");
    bool has_cell = qp_cell_shape_of(cell)->has_cell;
    qp_recurrent_weights w = weights_of(o, cell, inputs, hidden);
    w.masks = (qp_recurrent_masks){.recurrent = mask(o, "in.mask_h"),
                                   .keep_hidden = mask(o, "in.zoneout_h"),
                                   .keep_cell = mask(o, "in.zoneout_c")};
    qp_tensor x = masked_input(o, oracle_input(o, "x", batch * time, inputs, NULL), time);
    qp_carry first = {0}, last;
    if (oracle_flag(o, "initial_state")) first.hidden = oracle_input(o, "h0", batch, hidden, NULL);
    if (oracle_flag(o, "initial_state") && has_cell) first.cell = oracle_input(o, "c0", batch, hidden, NULL);
    oracle_ragged rows = oracle_ragged_of(o, batch, time, NULL);
    oracle_output(o, "y", qp_recurrent(o->tape, x, rows.sequences, &w, false, &first, &last), NULL);
    oracle_output(o, "h_n", last.hidden, NULL);
    if (has_cell) oracle_output(o, "c_n", last.cell, NULL);
}

/* ---- dropout of words and values ---- */

/* y = (weight * row_mask)[ids] */
static void embedding_dropout(oracle *o)
{
    const qp_real *row_mask = oracle_reals(o, "in.row_mask");
    const int32_t *id = oracle_ints(o, "in.ids");
    int rows = oracle_size(o, "in.ids", 0) * oracle_size(o, "in.ids", 1);
    int32_t *start = oracle_memory(o, ((size_t)rows + 1) * sizeof *start);
    qp_real *factor = oracle_memory(o, (size_t)rows * sizeof *factor);
    qp_tensor y = qp_embedding(o->tape, oracle_param(o, "weight"), rows, id, 1, NULL, (qp_tensor){0});
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    for (int r = 0; r < rows; r++) factor[r] = row_mask[id[r]];
    for (int r = 0; r <= rows; r++) start[r] = r;
    oracle_output(o, "y", qp_sequence_scale(o->tape, y, (qp_sequences){.count = rows, .start = start}, factor), NULL);
}

/* y = x mask / (1 - p); one mask per position, or one for all positions */
static void masked_dropout(oracle *o)
{
    int rows, columns, time = oracle_size(o, "in.x", 1), times = oracle_size(o, "in.mask", 1);
    oracle_matrix(o, "in.x", &rows, &columns);
    const qp_real *given = oracle_reals(o, "in.mask");
    qp_tensor x = oracle_input(o, "x", rows, columns, NULL), m = qp_tape_constant(o->tape, rows, columns);
    for (int r = 0; m.value && r < rows; r++)
        memcpy(qp_tensor_row(m, r), given + (times == 1 ? r / time : r) * columns, (size_t)columns * sizeof *given);
    qp_real factor = 1 / (1 - (qp_real)oracle_number(o, "p"));
    oracle_output(o, "y", qp_scale(o->tape, qp_multiply(o->tape, x, m), factor), NULL);
}

/* Rows that are read are first scaled to max_norm in the table: the optimizer's rule, on these rows only. */
static void embedding_max_norm(oracle *o)
{
    int rows = oracle_size(o, "in.weight", 0), columns = oracle_size(o, "in.weight", 1), spans = 0;
    size_t size = (size_t)rows * (size_t)columns;
    const int32_t *id = oracle_ints(o, "in.ids");
    int count = oracle_size(o, "in.ids", 0);
    qp_real *table = oracle_reals(o, "in.weight"), *zeros = oracle_memory(o, size * sizeof *zeros);
    qp_optimizer_span *span = oracle_memory(o, (size_t)count * sizeof *span);
    memset(zeros, 0, size * sizeof *zeros);
    for (int r = 0; r < rows; r++) {
        bool used = false;
        for (int i = 0; i < count; i++) used = used || id[i] == r;
        qp_optimizer_span row = {.offset = (size_t)r * (size_t)columns, .rows = 1, .columns = columns, .matrix = true};
        if (used) span[spans++] = row;
    }
    qp_optimizer_config config;
    qp_optimizer *optimizer;
    qp_config_defaults(&qp_optimizer_fields, &config);
    config.clip_norm = 0; /* gradients are zero: no weight changes */
    config.max_norm = oracle_number(o, "max_norm");
    if (qp_optimizer_new(&config, size, span, spans, &optimizer) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    qp_status status = qp_optimizer_step(optimizer, table, (const qp_real *const[]){zeros}, 1, 1, 0, 1, NULL);
    qp_optimizer_free(optimizer);
    if (status != QP_OK) oracle_stop(o, "%s", qp_error_message());
    oracle_compare(o, "out.weight", size, table);
    qp_tensor weight = qp_tensor_of(rows, columns, table);
    oracle_output(o, "y", qp_embedding(o->tape, weight, count, id, 1, NULL, (qp_tensor){0}), NULL);
}

/* ---- batch norm, one batch after the other ---- */

static void batch_norm_run(oracle *o)
{
    int steps = oracle_size(o, "in.x", 0), batch = oracle_size(o, "in.x", 1), features = oracle_size(o, "in.x", 2);
    double momentum = oracle_number(o, "momentum");
    size_t all = (size_t)steps * (size_t)features;
    qp_real *mean = oracle_memory(o, all * sizeof *mean), *variance = oracle_memory(o, all * sizeof *variance);
    qp_real *batch_mean = oracle_memory(o, all * sizeof *mean), *batch_variance = oracle_memory(o, all * sizeof *mean);
    qp_tensor weight = oracle_param_or_none(o, "weight"), bias = oracle_param_or_none(o, "bias");
    qp_batch_norm_config config = {.epsilon = (qp_real)oracle_number(o, "eps")};
    qp_real *x = oracle_reals(o, "in.x"), *y = oracle_memory(o, all * (size_t)batch * sizeof *y);
    for (int k = 0; k < features; k++) mean[k] = 0, variance[k] = 1;
    for (int t = 0; t < steps; t++) {
        size_t at = (size_t)t * (size_t)features, rows_at = at * (size_t)batch;
        if (t > 0) memcpy(mean + at, mean + at - features, (size_t)features * sizeof *mean);
        if (t > 0) memcpy(variance + at, variance + at - features, (size_t)features * sizeof *mean);
        config.mean = batch_mean, config.variance = batch_variance;
        qp_tensor made = qp_batch_norm(o->tape, qp_tensor_of(batch, features, x + rows_at), weight, bias, &config);
        if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
        memcpy(y + rows_at, made.value, (size_t)batch * (size_t)features * sizeof *y);
        oracle_follow(features, (qp_real)(momentum > 0 ? momentum : 1.0 / (t + 1)), batch_mean, batch_variance,
                      mean + at, variance + at);
    }
    oracle_compare(o, "out.y", all * (size_t)batch, y);
    oracle_compare(o, "out.running_mean", all, mean);
    oracle_compare(o, "out.running_var", all, variance);
    config = (qp_batch_norm_config){.epsilon = config.epsilon,
                                    .running_mean = mean + all - features,
                                    .running_variance = variance + all - features};
    int rows = oracle_size(o, "in.x_eval", 0);
    qp_tensor in_use = qp_tensor_of(rows, features, oracle_reals(o, "in.x_eval"));
    oracle_output(o, "y_eval", qp_batch_norm(o->tape, in_use, weight, bias, &config), NULL);
}

const oracle_row oracle_rows_cells[] = {{"rnn_cell", rnn_cell},
                                        {"embedding_dropout", embedding_dropout},
                                        {"masked_dropout", masked_dropout},
                                        {"embedding_max_norm", embedding_max_norm},
                                        {"batch_norm_run", batch_norm_run},
                                        {0}};
