#include "lib/nn/mamba.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/recurrent/op_causal_filter.h"
#include "lib/grad/recurrent/op_selective_scan.h"

enum { IN, FILTER, FILTER_BIAS, SELECT, STEP, STEP_BIAS, A_LOG, SKIP, OUT };

static void add_parts(qp_params *params, const qp_mamba_config *c, const char *name, int *part)
{
    const qp_init steps = {.kind = QP_INIT_STEP_SIZE}, decay = {.kind = QP_INIT_LOG_COUNT};
    const qp_init filter = {.kind = QP_INIT_UNIFORM, .gain = 1 / sqrt(c->kernel)};
    const qp_init rank = {.kind = QP_INIT_UNIFORM, .gain = 1 / sqrt(c->rank)};
    part[IN] = qp_params_add(params, 2 * c->inner, c->width, c->weight, "%s.in_proj.weight", name);
    part[FILTER] = qp_params_add(params, c->inner, c->kernel, filter, "%s.conv1d.weight", name);
    part[FILTER_BIAS] = qp_params_add(params, 1, c->inner, qp_init_constant(0), "%s.conv1d.bias", name);
    part[SELECT] = qp_params_add(params, c->rank + 2 * c->states, c->inner, c->weight, "%s.x_proj.weight", name);
    part[STEP] = qp_params_add(params, c->inner, c->rank, rank, "%s.dt_proj.weight", name);
    part[STEP_BIAS] = qp_params_add(params, 1, c->inner, steps, "%s.dt_proj.bias", name);
    part[A_LOG] = qp_params_add(params, c->inner, c->states, decay, "%s.A_log", name);
    part[SKIP] = qp_params_add(params, 1, c->inner, qp_init_constant(1), "%s.D", name);
    part[OUT] = qp_params_add(params, c->width, c->inner, c->weight, "%s.out_proj.weight", name);
    const int matrix[] = {part[IN], part[SELECT], part[STEP], part[OUT]};
    for (int i = 0; i < 4; i++) qp_params_multiply(params, matrix[i]);
}

qp_mamba qp_mamba_add(qp_params *params, const qp_mamba_config *config, const char *name)
{
    qp_mamba made = {.config = *config};
    char reverse[128];
    add_parts(params, config, name, made.part[0]);
    snprintf(reverse, sizeof reverse, "%s.reverse", name);
    if (config->both_ways) add_parts(params, config, reverse, made.part[1]);
    return made;
}

/* ---- one direction ---- */

typedef struct {
    const qp_mamba_config *c;
    const int *part;
    qp_tape *tape;
    const qp_params *params;
    qp_sequences sequences;
    qp_state *state;
    int slot;
} mixing;

static qp_tensor parameter(const mixing *m, int part) { return qp_param(m->tape, m->params, m->part[part]); }

static qp_tensor carry(const mixing *m, int part)
{
    return m->state ? qp_state_carry(m->state, m->slot + part) : (qp_tensor){0};
}

static void keep(const mixing *m, int part, qp_tensor value)
{
    if (qp_tape_failed(m->tape) || qp_state_carry_set(m->state, m->slot + part, value) == QP_OK) return;
    qp_tape_fail(m->tape, QP_EMEMORY, "%s", qp_error_message());
}

static qp_tensor mix(const mixing *m, qp_tensor x)
{
    const qp_mamba_config *c = m->c;
    qp_tensor last[2], *wanted = m->state ? last : NULL;
    qp_tensor both = qp_linear(m->tape, x, parameter(m, IN), (qp_tensor){0});
    if (qp_tape_failed(m->tape)) return (qp_tensor){0};
    qp_tensor u = qp_causal_filter(m->tape, qp_tensor_columns(both, 0, c->inner), m->sequences, parameter(m, FILTER),
                                   parameter(m, FILTER_BIAS), carry(m, 0), wanted);
    u = qp_activation(m->tape, u, QP_SILU, 0);
    qp_tensor select = qp_linear(m->tape, u, parameter(m, SELECT), (qp_tensor){0});
    if (qp_tape_failed(m->tape)) return (qp_tensor){0};
    const qp_scan scan = {
        .x = u,
        .dt = qp_linear(m->tape, qp_tensor_columns(select, 0, c->rank), parameter(m, STEP), (qp_tensor){0}),
        .b = qp_tensor_columns(select, c->rank, c->states),
        .c = qp_tensor_columns(select, c->rank + c->states, c->states),
        .z = qp_tensor_columns(both, c->inner, c->inner),
        .a_log = parameter(m, A_LOG),
        .skip = parameter(m, SKIP),
        .dt_bias = parameter(m, STEP_BIAS),
        .s = m->sequences,
        .first = carry(m, 1)};
    qp_tensor y = qp_selective_scan(m->tape, &scan, wanted ? last + 1 : NULL);
    for (int i = 0; wanted && i < QP_MAMBA_CARRIES; i++) keep(m, i, last[i]);
    return qp_linear(m->tape, y, parameter(m, OUT), (qp_tensor){0});
}

/* ---- both ---- */

/* The rows of every sequence from its last to its first. */
static qp_tensor backwards(qp_tape *tape, qp_tensor x, qp_sequences s)
{
    int32_t *row = qp_tape_memory(tape, ((size_t)x.rows + 1) * sizeof *row);
    if (!row) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++)
        for (int r = s.start[i]; r < s.start[i + 1]; r++) row[r] = s.start[i] + s.start[i + 1] - 1 - r;
    return qp_gather(tape, x, x.rows, row);
}

qp_tensor qp_mamba_forward(const qp_mamba *mamba, qp_tape *tape, const qp_params *params, qp_sequences sequences,
                           qp_tensor x, qp_state *state, int slot)
{
    mixing m = {&mamba->config, mamba->part[0], tape, params, sequences, state, slot};
    qp_tensor y = mix(&m, x);
    if (!mamba->config.both_ways || qp_tape_failed(tape)) return y;
    m.part = mamba->part[1];
    return qp_add(tape, y, backwards(tape, mix(&m, backwards(tape, x, sequences)), sequences));
}

qp_status qp_mamba_start(const qp_mamba *mamba, qp_tape *tape, qp_state *state, int slot)
{
    const qp_mamba_config *c = &mamba->config;
    const int columns[QP_MAMBA_CARRIES] = {(c->kernel - 1) * c->inner, c->inner * c->states};
    for (int i = 0; i < QP_MAMBA_CARRIES; i++) {
        qp_tensor zeros = qp_tape_constant(tape, qp_state_rows(state), columns[i]);
        if (!zeros.value) return qp_tape_status(tape);
        memset(zeros.value, 0, (size_t)zeros.rows * (size_t)zeros.columns * sizeof *zeros.value);
        QP_TRY(qp_state_carry_set(state, slot + i, zeros));
    }
    return QP_OK;
}
