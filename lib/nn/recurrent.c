#include "lib/nn/recurrent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/tensor/pointwise.h"

/* ---- parameters ---- */

/* How the bias of the gates is initialised. */
static qp_init bias_init(const qp_cell_shape *shape, double forget_bias)
{
    if (shape->forget == QP_CELL_NO_GATE) return qp_init_constant(0);
    return (qp_init){.kind = QP_INIT_GATE, .gain = forget_bias, .gates = shape->gates, .gate = shape->forget};
}

static qp_recurrent_direction add_direction(qp_params *params, const qp_recurrent_config *c, int in, int out,
                                            const char *name, int layer, const char *suffix)
{
    const qp_cell_shape *shape = qp_cell_shape_of(c->cell);
    int gates = shape->gates * c->hidden, window = shape->window > 1 ? shape->window : 1;
    const qp_init weight = c->weight, zero = qp_init_constant(0);
    qp_recurrent_direction d = {.recurrent = -1, .gated = -1, .bias = -1, .recurrent_bias = -1, .projection = -1};
    d.input = qp_params_add(params, gates, window * in, weight, "%s.weight_ih_l%d%s", name, layer, suffix);
    if (shape->recurrent)
        d.recurrent = qp_params_add(params, shape->recurrent * c->hidden, out, weight, "%s.weight_hh_l%d%s", name,
                                    layer, suffix);
    if (shape->gated)
        d.gated = qp_params_add(params, shape->gated * c->hidden, out, weight, "%s.weight_gh_l%d%s", name, layer,
                                suffix);
    if (c->bias)
        d.bias = qp_params_add(params, 1, gates, bias_init(shape, c->forget_bias), "%s.bias_ih_l%d%s", name, layer,
                               suffix);
    if (c->bias && shape->two_biases)
        d.recurrent_bias = qp_params_add(params, 1, gates, zero, "%s.bias_hh_l%d%s", name, layer, suffix);
    if (c->projection)
        d.projection = qp_params_add(params, c->projection, c->hidden, weight, "%s.weight_hr_l%d%s", name, layer,
                                     suffix);
    const int matrix[] = {d.input, d.recurrent, d.gated, d.projection};
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++) qp_params_multiply(params, matrix[i]);
    for (int e = 0; e < QP_CELL_EXTRAS; e++) {
        const qp_cell_extra *extra = &shape->extra[e];
        d.extra[e] = -1;
        if (!extra->name) continue;
        d.extra[e] = qp_params_add(params, extra->rows, extra->blocks * c->hidden, qp_init_constant(extra->first),
                                   "%s.%s_l%d%s", name, extra->name, layer, suffix);
    }
    return d;
}

static void add_layer(qp_recurrent_module *m, qp_params *params, const char *name, int layer)
{
    const qp_recurrent_config *c = &m->config;
    int in = layer ? m->width : c->input;
    for (int d = 0; d < m->directions; d++)
        m->slot[layer * m->directions + d] = add_direction(params, c, in, m->out, name, layer, d ? "_reverse" : "");
    char full[64];
    m->gate[layer] = (qp_highway_gate){-1, -1};
    snprintf(full, sizeof full, "%s.highway_l%d", name, layer);
    if (c->highway && in == m->width) m->gate[layer] = qp_highway_gate_add(params, m->width, c->weight, full);
    snprintf(full, sizeof full, "%s.norm_l%d", name, layer);
    if (c->norm) m->norm[layer] = qp_norm_add(params, m->width, c->norm_kind, c->epsilon, full);
}

qp_status qp_recurrent_init(qp_recurrent_module *module, qp_params *params, const qp_recurrent_config *config,
                            const char *name)
{
    int directions = config->bidirectional ? 2 : 1, out = config->projection ? config->projection : config->hidden;
    *module = (qp_recurrent_module){.config = *config,
                                    .directions = directions,
                                    .slots = directions * config->layers,
                                    .has_cell = qp_cell_shape_of(config->cell)->has_cell,
                                    .out = out,
                                    .width = config->sum ? out : directions * out,
                                    .first_hidden = -1,
                                    .first_cell = -1};
    module->slot = calloc((size_t)module->slots + 1, sizeof *module->slot);
    module->norm = calloc((size_t)config->layers + 1, sizeof *module->norm);
    module->gate = calloc((size_t)config->layers + 1, sizeof *module->gate);
    if (!module->slot || !module->norm || !module->gate) {
        qp_recurrent_free(module);
        return qp_fail(QP_EMEMORY, "out of memory for %d recurrent layers", config->layers);
    }
    for (int layer = 0; layer < config->layers; layer++) add_layer(module, params, name, layer);
    if (!config->learned_state) return QP_OK;
    qp_init zero = qp_init_constant(0);
    module->first_hidden = qp_params_add(params, module->slots, out, zero, "%s.h0", name);
    if (module->has_cell)
        module->first_cell = qp_params_add(params, module->slots, config->hidden, zero, "%s.c0", name);
    return QP_OK;
}

void qp_recurrent_free(qp_recurrent_module *module)
{
    free(module->slot);
    free(module->norm);
    free(module->gate);
    module->slot = NULL;
    module->norm = NULL;
    module->gate = NULL;
}

/* ---- states ---- */

qp_carry qp_carry_gather(qp_tape *tape, qp_carry from, int rows, const int32_t *row)
{
    qp_carry made = {0};
    if (from.hidden.value) made.hidden = qp_gather(tape, from.hidden, rows, row);
    if (from.cell.value) made.cell = qp_gather(tape, from.cell, rows, row);
    return made;
}

static qp_tensor zeros(qp_tape *tape, int rows, int columns)
{
    qp_tensor made = qp_tape_constant(tape, rows, columns);
    if (made.value) memset(made.value, 0, (size_t)rows * (size_t)columns * sizeof *made.value);
    return made;
}

/* Row `slot` of a learned state, once for each sequence; zeros where nothing is learned. */
static qp_tensor first_rows(qp_tape *tape, const qp_params *params, int parameter, int slot, int count, int columns)
{
    if (parameter < 0) return zeros(tape, count, columns);
    int32_t *row = qp_tape_memory(tape, ((size_t)count + 1) * sizeof *row);
    for (int i = 0; row && i < count; i++) row[i] = slot;
    return row ? qp_gather(tape, qp_param(tape, params, parameter), count, row) : (qp_tensor){0};
}

void qp_recurrent_start(const qp_recurrent_module *module, qp_tape *tape, const qp_params *params, int count,
                        qp_carry *state)
{
    for (int slot = 0; slot < module->slots; slot++) {
        state[slot] = (qp_carry){.hidden = first_rows(tape, params, module->first_hidden, slot, count, module->out)};
        if (module->has_cell)
            state[slot].cell = first_rows(tape, params, module->first_cell, slot, count, module->config.hidden);
    }
}

/* ---- forward ---- */

static qp_recurrent_weights weights_of(const qp_recurrent_module *m, const qp_recurrent_pass *pass, int slot)
{
    const qp_recurrent_direction *d = &m->slot[slot];
    qp_recurrent_weights w = {.cell = m->config.cell,
                              .hidden = m->config.hidden,
                              .input = qp_param(pass->tape, pass->params, d->input),
                              .recurrent = qp_param(pass->tape, pass->params, d->recurrent),
                              .gated = qp_param(pass->tape, pass->params, d->gated),
                              .bias = qp_param(pass->tape, pass->params, d->bias),
                              .recurrent_bias = qp_param(pass->tape, pass->params, d->recurrent_bias),
                              .projection = qp_param(pass->tape, pass->params, d->projection),
                              .epsilon = (qp_real)m->config.epsilon};
    for (int e = 0; e < QP_CELL_EXTRAS; e++) w.extra[e] = qp_param(pass->tape, pass->params, d->extra[e]);
    return w;
}

/* A mask [rows, columns] of 1/(1-rate) or 0; column c of row r is drawn by number group[r]*columns + c of the key. */
static qp_real *draw(qp_tape *tape, int rows, int columns, const int32_t *group, uint64_t key, qp_real rate)
{
    size_t width = (size_t)columns;
    qp_real *mask = qp_tape_memory(tape, ((size_t)rows * width + 1) * sizeof *mask);
    for (size_t k = 0; mask && k < (size_t)rows * width; k++) mask[k] = 1;
    for (int r = 0; mask && r < rows; r++) {
        uint64_t first = (uint64_t)(group ? group[r] : r) * width;
        qp_dropout_apply(width, key, first, rate, mask + (size_t)r * width, 0, mask + (size_t)r * width);
    }
    return mask;
}

/* A mask [rows, columns]: 1 with probability `share`, else 0; in inference the share itself. NULL: no zoneout. */
static const qp_real *zoneout(qp_tape *tape, int rows, int columns, qp_real share)
{
    size_t count = (size_t)rows * (size_t)columns;
    if (share <= 0) return NULL;
    bool training = qp_tape_training(tape);
    qp_real *m = training ? draw(tape, rows, columns, NULL, qp_tape_next_key(tape), share)
                          : qp_tape_memory(tape, (count + 1) * sizeof *m);
    for (size_t k = 0; m && k < count; k++) m[k] = training ? (m[k] == 0 ? 1 : 0) : share;
    return m;
}

static qp_recurrent_masks masks_of(const qp_recurrent_module *m, const qp_recurrent_pass *pass,
                                   const qp_recurrent_noise *noise, int slot, int rows)
{
    const qp_recurrent_config *c = &m->config;
    qp_recurrent_masks masks = {0};
    if (c->recurrent_dropout > 0 && qp_tape_training(pass->tape)) {
        uint64_t key = qp_random_key(noise->key, (uint64_t)(c->layers + slot));
        const int32_t *group = pass->noise ? noise->group : NULL; /* without shared noise sequence s is group s */
        masks.recurrent = draw(pass->tape, pass->sequences.count, m->out, group, key, c->recurrent_dropout);
    }
    masks.keep_hidden = zoneout(pass->tape, rows, m->out, c->zoneout_hidden);
    if (m->has_cell) masks.keep_cell = zoneout(pass->tape, rows, c->hidden, c->zoneout_cell);
    return masks;
}

static qp_tensor read_layer(const qp_recurrent_module *m, const qp_recurrent_pass *pass,
                            const qp_recurrent_noise *noise, const qp_carry *first, int layer, qp_tensor x)
{
    qp_tensor y[2];
    for (int d = 0; d < m->directions; d++) {
        int slot = layer * m->directions + d;
        qp_recurrent_weights w = weights_of(m, pass, slot);
        w.masks = masks_of(m, pass, noise, slot, x.rows);
        y[d] = qp_recurrent(pass->tape, x, pass->sequences, &w, d == 1, first ? &first[slot] : NULL,
                            pass->last ? &pass->last[slot] : NULL);
    }
    if (m->directions == 1 || qp_tape_failed(pass->tape)) return y[0];
    return m->config.sum ? qp_add(pass->tape, y[0], y[1]) : qp_join_columns(pass->tape, 2, y);
}

/* Noise for this call alone: the group of a row is its sequence. */
static bool own_noise(const qp_recurrent_pass *pass, int rows, qp_recurrent_noise *noise)
{
    int32_t *group = qp_tape_memory(pass->tape, ((size_t)rows + 1) * sizeof *group);
    if (!group) return false;
    for (int i = 0; i < pass->sequences.count; i++)
        for (int j = 0; j < qp_sequence_length(pass->sequences, i); j++) {
            int row = pass->sequences.start[i] + j;
            if (row >= 0 && row < rows) group[row] = i;
        }
    *noise = (qp_recurrent_noise){.key = qp_tape_next_key(pass->tape), .group = group};
    return true;
}

static qp_tensor between_layers(const qp_recurrent_module *m, const qp_recurrent_pass *pass,
                                const qp_recurrent_noise *noise, int layer, qp_tensor x)
{
    if (!m->config.variational) return qp_dropout(pass->tape, x, m->config.dropout);
    return qp_dropout_shared(pass->tape, x, noise->group, qp_random_key(noise->key, (uint64_t)layer),
                             m->config.dropout);
}

qp_tensor qp_recurrent_forward(const qp_recurrent_module *module, const qp_recurrent_pass *pass, qp_tensor x)
{
    const qp_recurrent_config *c = &module->config;
    qp_recurrent_noise noise = {0};
    qp_carry *first = NULL;
    if (qp_tape_failed(pass->tape)) return (qp_tensor){0};
    if (pass->noise)
        noise = *pass->noise;
    else if (((c->variational && c->dropout > 0) || c->recurrent_dropout > 0) && !own_noise(pass, x.rows, &noise))
        return (qp_tensor){0};
    if (!pass->first && c->learned_state) {
        first = qp_tape_memory(pass->tape, (size_t)module->slots * sizeof *first);
        if (!first) return (qp_tensor){0};
        qp_recurrent_start(module, pass->tape, pass->params, pass->sequences.count, first);
    }
    for (int layer = 0; layer < c->layers; layer++) {
        qp_tensor in = layer ? between_layers(module, pass, &noise, layer, x) : x;
        qp_tensor y = read_layer(module, pass, &noise, pass->first ? pass->first : first, layer, in);
        if (qp_tape_failed(pass->tape)) return (qp_tensor){0};
        if (module->gate[layer].weight >= 0)
            y = qp_highway_gate_forward(&module->gate[layer], pass->tape, pass->params, x, y);
        if (c->residual && y.columns == x.columns) y = qp_residual(pass->tape, x, y, 0);
        x = c->norm ? qp_norm_forward(&module->norm[layer], pass->tape, pass->params, y) : y;
    }
    return x;
}
