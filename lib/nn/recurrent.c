#include "lib/nn/recurrent.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"

/* ---- parameters ---- */

static qp_recurrent_direction add_direction(qp_params *params, const qp_recurrent_config *c, int in, int out,
                                            const char *name, int layer, const char *suffix)
{
    int gates = qp_cell_gates(c->cell) * c->hidden;
    qp_init weight = {QP_INIT_UNIFORM, c->gain / sqrt(c->hidden)}, zero = {QP_INIT_CONSTANT, 0}, bias = zero;
    if (c->cell == QP_CELL_LSTM) bias = (qp_init){QP_INIT_FORGET_GATE, c->forget_bias};
    qp_recurrent_direction d = {.bias = -1, .recurrent_bias = -1, .projection = -1};
    d.input = qp_params_add(params, gates, in, weight, "%s.weight_ih_l%d%s", name, layer, suffix);
    d.recurrent = qp_params_add(params, gates, out, weight, "%s.weight_hh_l%d%s", name, layer, suffix);
    if (c->bias) {
        d.bias = qp_params_add(params, 1, gates, bias, "%s.bias_ih_l%d%s", name, layer, suffix);
        d.recurrent_bias = qp_params_add(params, 1, gates, zero, "%s.bias_hh_l%d%s", name, layer, suffix);
    }
    if (c->projection)
        d.projection = qp_params_add(params, c->projection, c->hidden, weight, "%s.weight_hr_l%d%s", name, layer,
                                     suffix);
    return d;
}

static void add_layer(qp_recurrent_module *m, qp_params *params, const char *name, int layer)
{
    const qp_recurrent_config *c = &m->config;
    int in = layer ? m->width : c->input;
    for (int d = 0; d < m->directions; d++)
        m->slot[layer * m->directions + d] = add_direction(params, c, in, m->out, name, layer, d ? "_reverse" : "");
    char full[64];
    snprintf(full, sizeof full, "%s.norm_l%d", name, layer);
    if (c->norm) m->norm[layer] = qp_norm_add(params, m->width, false, c->epsilon, full);
}

qp_status qp_recurrent_init(qp_recurrent_module *module, qp_params *params, const qp_recurrent_config *config,
                            const char *name)
{
    int directions = config->bidirectional ? 2 : 1, out = config->projection ? config->projection : config->hidden;
    *module = (qp_recurrent_module){.config = *config,
                                    .directions = directions,
                                    .slots = directions * config->layers,
                                    .out = out,
                                    .width = config->sum ? out : directions * out,
                                    .first_hidden = -1,
                                    .first_cell = -1};
    module->slot = calloc((size_t)module->slots + 1, sizeof *module->slot);
    module->norm = calloc((size_t)config->layers + 1, sizeof *module->norm);
    if (!module->slot || !module->norm) {
        qp_recurrent_free(module);
        return qp_fail(QP_EMEMORY, "out of memory for %d recurrent layers", config->layers);
    }
    for (int layer = 0; layer < config->layers; layer++) add_layer(module, params, name, layer);
    if (!config->learned_state) return QP_OK;
    qp_init zero = {QP_INIT_CONSTANT, 0};
    module->first_hidden = qp_params_add(params, module->slots, out, zero, "%s.h0", name);
    if (config->cell == QP_CELL_LSTM)
        module->first_cell = qp_params_add(params, module->slots, config->hidden, zero, "%s.c0", name);
    return QP_OK;
}

void qp_recurrent_free(qp_recurrent_module *module)
{
    free(module->slot);
    free(module->norm);
    module->slot = NULL;
    module->norm = NULL;
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
        if (module->config.cell == QP_CELL_LSTM)
            state[slot].cell = first_rows(tape, params, module->first_cell, slot, count, module->config.hidden);
    }
}

/* ---- forward ---- */

static qp_recurrent_weights weights_of(const qp_recurrent_module *m, const qp_recurrent_pass *pass, int slot)
{
    const qp_recurrent_direction *d = &m->slot[slot];
    return (qp_recurrent_weights){.cell = m->config.cell,
                                  .hidden = m->config.hidden,
                                  .input = qp_param(pass->tape, pass->params, d->input),
                                  .recurrent = qp_param(pass->tape, pass->params, d->recurrent),
                                  .bias = qp_param(pass->tape, pass->params, d->bias),
                                  .recurrent_bias = qp_param(pass->tape, pass->params, d->recurrent_bias),
                                  .projection = qp_param(pass->tape, pass->params, d->projection)};
}

static qp_tensor read_layer(const qp_recurrent_module *m, const qp_recurrent_pass *pass, const qp_carry *first,
                            int layer, qp_tensor x)
{
    qp_tensor y[2];
    for (int d = 0; d < m->directions; d++) {
        int slot = layer * m->directions + d;
        qp_recurrent_weights w = weights_of(m, pass, slot);
        y[d] = qp_recurrent(pass->tape, x, pass->sequences, &w, d == 1, first ? &first[slot] : NULL,
                            pass->last ? &pass->last[slot] : NULL);
    }
    if (m->directions == 1 || qp_tape_failed(pass->tape)) return y[0];
    return m->config.sum ? qp_add(pass->tape, y[0], y[1]) : qp_join_columns(pass->tape, 2, y);
}

/* The sequence of every row, as groups of a mask. */
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
    else if (c->variational && c->dropout > 0 && !own_noise(pass, x.rows, &noise))
        return (qp_tensor){0};
    if (!pass->first && c->learned_state) {
        first = qp_tape_memory(pass->tape, (size_t)module->slots * sizeof *first);
        if (!first) return (qp_tensor){0};
        qp_recurrent_start(module, pass->tape, pass->params, pass->sequences.count, first);
    }
    for (int layer = 0; layer < c->layers; layer++) {
        qp_tensor in = layer ? between_layers(module, pass, &noise, layer, x) : x;
        qp_tensor y = read_layer(module, pass, pass->first ? pass->first : first, layer, in);
        if (qp_tape_failed(pass->tape)) return (qp_tensor){0};
        if (c->residual && y.columns == x.columns) y = qp_residual(pass->tape, x, y, 0);
        x = c->norm ? qp_norm_forward(&module->norm[layer], pass->tape, pass->params, y) : y;
    }
    return x;
}
