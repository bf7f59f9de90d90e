#include <math.h>
#include <string.h>

#include "lib/grad/loss/op_loss.h"
#include "lib/grad/loss/op_loss_element.h"
#include "lib/grad/loss/op_loss_pair.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_norm.h"
#include "lib/grad/op_quantize.h"
#include "lib/grad/op_sequence.h"
#include "lib/nn/recurrent.h"
#include "tests/oracles/oracle_blocks.h"
#include "tests/oracles/oracle_model.h"
#include "tests/oracles/oracle_training.h"

/* Training runs of small networks around one block: experts, codebooks, pairs of texts. */

int oracle_split_nothing(const qp_parameter *ours, oracle_piece *piece)
{
    snprintf(piece->name, sizeof piece->name, "%s", ours->name);
    piece->count = (size_t)ours->rows * (size_t)ours->columns;
    return 1;
}

static int add(training *t, const char *name)
{
    char full[64];
    int rows, columns;
    snprintf(full, sizeof full, "init.%s", name);
    oracle_matrix(t->o, full, &rows, &columns);
    return qp_params_add(t->o->params, rows, columns, qp_init_constant(0), "%s", name);
}

static qp_tensor weight(training *t, qp_tape *tape, const char *name)
{
    return qp_param(tape, t->o->params, qp_params_find(t->o->params, name));
}

static qp_tensor map(training *t, qp_tape *tape, const char *name, qp_tensor x)
{
    char full[2][64];
    snprintf(full[0], sizeof full[0], "%s.weight", name);
    snprintf(full[1], sizeof full[1], "%s.bias", name);
    return qp_linear(tape, x, weight(t, tape, full[0]), weight(t, tape, full[1]));
}

static void add_gru(training *t, int hidden, bool bidirectional)
{
    qp_recurrent_module *gru = t->self = oracle_memory(t->o, sizeof *gru);
    const qp_recurrent_config config = {.cell = QP_CELL_GRU,
                                        .input = oracle_int(t->o, "embed"),
                                        .hidden = hidden,
                                        .layers = 1,
                                        .bias = true,
                                        .bidirectional = bidirectional};
    if (qp_recurrent_init(gru, t->o->params, &config, "gru") != QP_OK) oracle_stop(t->o, "%s", qp_error_message());
}

static void free_gru(training *t) { qp_recurrent_free(t->self); }

/* ---- moe_lm ---- */

static void make_experts(training *t)
{
    static const char *const name[] = {"embed.weight", "gate.weight", "w1", "w2", "out.weight", "out.bias"};
    oracle_params(t->o);
    for (int i = 0; i < 6; i++) add(t, name[i]);
    add_gru(t, oracle_int(t->o, "embed"), false);
    oracle_bind(t->o, "init.", oracle_split_nothing);
}

/* batch.ids [steps, B, T + 1], as for gpt. */
static void experts_batch(training *t, int number, qp_batch *batch)
{
    *batch = oracle_model_batch(t->o, "gpt", "batch.", number).batch;
}

static qp_tensor expert_weight(oracle *o, qp_tape *tape, const char *name, int expert)
{
    int index = qp_params_find(o->params, name), experts = oracle_int(o, "experts");
    if (index < 0) return (qp_tensor){0};
    qp_tensor all = qp_param(tape, o->params, index);
    all.rows /= experts;
    all.value += (ptrdiff_t)expert * all.rows * all.stride;
    return all;
}

static qp_tensor experts_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    oracle *o = t->o;
    int rows = qp_sequence_rows(batch->target.sequences), top = oracle_int(o, "top_k");
    qp_tensor x = qp_embedding(tape, weight(t, tape, "embed.weight"), rows, batch->input, 1, NULL, (qp_tensor){0});
    const qp_recurrent_pass pass = {.tape = tape, .params = o->params, .sequences = batch->target.sequences};
    qp_tensor z = qp_recurrent_forward(t->self, &pass, x);
    qp_routes *routes = oracle_memory(o, sizeof *routes);
    *routes = qp_route(tape, qp_linear(tape, z, weight(t, tape, "gate.weight"), (qp_tensor){0}), top, top > 1);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    z = qp_add(tape, z, oracle_experts(o, tape, routes, z, QP_RELU, expert_weight));
    const qp_cross_entropy_config config = {.reduction = QP_SUM};
    qp_tensor loss = qp_cross_entropy(tape, map(t, tape, "out", z), batch->target.id, &config);
    qp_real balance = (qp_real)(oracle_number(o, "aux_weight") * rows);
    return qp_add(tape, loss, qp_scale(tape, routes->balance, balance));
}

/* ---- vq ---- */

static void make_codes(training *t)
{
    static const char *const name[] = {"codebook", "enc.weight", "enc.bias", "dec.weight", "dec.bias"};
    oracle_params(t->o);
    for (int i = 0; i < 5; i++) add(t, name[i]);
    oracle_bind(t->o, "init.", oracle_split_nothing);
}

/* One row a sequence. */
static void codes_batch(training *t, int number, qp_batch *batch)
{
    int count = oracle_size(t->o, "batch.x", 1), columns = oracle_size(t->o, "batch.x", 2);
    oracle_ragged rows = oracle_ragged_of(t->o, count, 1, NULL);
    *batch = (qp_batch){.target = {.sequences = rows.sequences},
                        .source = {.sequences = rows.sequences},
                        .source_value = oracle_reals(t->o, "batch.x") + (ptrdiff_t)number * count * columns,
                        .features = columns};
}

static qp_tensor codes_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    int rows = batch->target.sequences.count;
    qp_tensor x = qp_tensor_of(rows, batch->features, (qp_real *)(uintptr_t)batch->source_value), loss;
    const int32_t *code;
    qp_tensor z = qp_activation(tape, map(t, tape, "enc", x), QP_TANH, 0);
    qp_tensor y = qp_quantize(tape, z, weight(t, tape, "codebook"), NULL, (qp_real)oracle_number(t->o, "beta"), &code,
                              &loss);
    y = qp_element_loss(tape, QP_LOSS_MSE, map(t, tape, "dec", y), x.value, 1, QP_MEAN);
    return qp_scale(tape, qp_add(tape, y, loss), (qp_real)rows);
}

/* ---- siamese ---- */

static void make_siamese(training *t)
{
    static const char *const name[] = {"embed.weight", "proj.weight", "proj.bias"};
    oracle_params(t->o);
    for (int i = 0; i < 3; i++) add(t, name[i]);
    add_gru(t, oracle_int(t->o, "hidden"), true);
    oracle_bind(t->o, "init.", oracle_split_nothing);
}

/* The anchors, the positives, the negatives, one after the other; a target row for each. */
static void siamese_batch(training *t, int number, qp_batch *batch)
{
    static const char *const name[] = {"batch.anchor", "batch.positive", "batch.negative"};
    oracle *o = t->o;
    int count = oracle_size(o, name[0], 1), time = oracle_size(o, name[0], 2), rows = 0;
    int32_t *start = oracle_memory(o, (3 * (size_t)count + 1) * sizeof *start);
    int32_t *id = oracle_memory(o, 3 * (size_t)count * (size_t)time * sizeof *id);
    for (int k = 0; k < 3; k++) {
        char lengths[32];
        snprintf(lengths, sizeof lengths, "%s_lengths", name[k]);
        const int32_t *ids = oracle_ints(o, name[k]) + (ptrdiff_t)number * count * time;
        const int32_t *length = oracle_ints(o, lengths) + (ptrdiff_t)number * count;
        for (int i = 0; i < count; i++) {
            start[k * count + i] = rows;
            memcpy(id + rows, ids + (ptrdiff_t)i * time, (size_t)length[i] * sizeof *id);
            rows += length[i];
        }
    }
    start[3 * count] = rows;
    *batch = (qp_batch){.source = {{.count = 3 * count, .start = start}, id},
                        .target = {.sequences = oracle_ragged_of(o, 3 * count, 1, NULL).sequences}};
}

static qp_tensor siamese_part(training *t, qp_tape *tape, qp_tensor x, int first, int count)
{
    int32_t *row = oracle_memory(t->o, (size_t)count * sizeof *row);
    for (int i = 0; i < count; i++) row[i] = first + i;
    return qp_gather(tape, x, count, row);
}

static qp_tensor siamese_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    const qp_sequences s = batch->source.sequences;
    int texts = s.count, count = texts / 3, rows = qp_sequence_rows(s);
    if (count != oracle_size(t->o, "batch.anchor", 1)) return qp_tape_fail(tape, QP_ESHAPE, "a part of a batch");
    qp_tensor x = qp_embedding(tape, weight(t, tape, "embed.weight"), rows, batch->source.id, 1, NULL, (qp_tensor){0});
    const qp_recurrent_pass pass = {.tape = tape, .params = t->o->params, .sequences = s};
    x = qp_sequence_mean(tape, qp_recurrent_forward(t->self, &pass, x), s);
    x = map(t, tape, "proj", x);
    x = qp_scale(tape, qp_rms_norm(tape, x, (qp_tensor){0}, (qp_real)1e-12), (qp_real)(1 / sqrt(x.columns)));
    qp_tensor part[3];
    for (int k = 0; k < 3; k++) part[k] = siamese_part(t, tape, x, k * count, count);
    qp_real margin = (qp_real)oracle_number(t->o, "margin");
    qp_tensor loss = qp_triplet_loss(tape, part[0], part[1], part[2], margin, true, QP_MEAN);
    return qp_scale(tape, loss, (qp_real)texts);
}

const training_row oracle_training_blocks[] = {
    {"moe_lm", make_experts, experts_batch, experts_loss, oracle_split_nothing, free_gru},
    {"vq", make_codes, codes_batch, codes_loss, oracle_split_nothing, NULL},
    {"siamese", make_siamese, siamese_batch, siamese_loss, oracle_split_nothing, free_gru},
    {0},
};
