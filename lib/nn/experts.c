#include "lib/nn/experts.h"

#include <stdio.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_experts.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/penalty.h"
#include "lib/nn/statistic.h"

/* The share of old updates in the use of experts: about the last hundred count. */
static const double KEEP = 0.99;

/* The parts of an expert, in the order of its parameters; -1: it has none. */
typedef struct {
    int inner, inner_bias, gate, gate_bias, outer, outer_bias, count;
} parts;

static parts parts_of(const qp_experts_config *c)
{
    parts p = {-1, -1, -1, -1, -1, -1, 0};
    p.inner = p.count++;
    if (c->bias) p.inner_bias = p.count++;
    if (c->gated) p.gate = p.count++;
    if (c->gated && c->bias) p.gate_bias = p.count++;
    p.outer = p.count++;
    if (c->bias) p.outer_bias = p.count++;
    return p;
}

static void add_expert(qp_params *params, const qp_experts_config *c, const char *name, int expert)
{
    static const char *const part[] = {"linear1", "linear_gate", "linear2"};
    for (int i = 0; i < 3; i++) {
        bool outer = i == 2;
        int rows = outer ? c->width : c->ff_size, columns = outer ? c->ff_size : c->width;
        if (i == 1 && !c->gated) continue;
        qp_params_multiply(
            params, qp_params_add(params, rows, columns, c->weight, "%s.experts.%d.%s.weight", name, expert, part[i]));
        if (c->bias)
            qp_params_add(params, 1, rows, qp_init_constant(0), "%s.experts.%d.%s.bias", name, expert, part[i]);
    }
}

qp_experts qp_experts_add(qp_params *params, const qp_experts_config *config, const char *name)
{
    char use[128];
    qp_experts made = {.config = *config, .per_expert = parts_of(config).count};
    made.router = qp_params_add(params, config->experts, config->width, config->weight, "%s.router.weight", name);
    made.first = qp_params_count(params);
    for (int e = 0; e < config->experts; e++) add_expert(params, config, name, e);
    snprintf(use, sizeof use, "%s.expert_use", name);
    made.use = qp_statistic_add(params, 1, config->experts, KEEP, use);
    return made;
}

static qp_feed_forward_weights weights_of(const qp_experts *m, qp_tape *tape, const qp_params *params, int expert)
{
    const parts p = parts_of(&m->config);
    const int base = m->first + expert * m->per_expert;
    const int part[] = {p.inner, p.inner_bias, p.gate, p.gate_bias, p.outer, p.outer_bias};
    qp_tensor w[6];
    for (int i = 0; i < 6; i++) w[i] = qp_param(tape, params, part[i] < 0 ? -1 : base + part[i]);
    return (qp_feed_forward_weights){
        w[0], w[1], w[2], w[3], w[4], w[5], .activation = m->config.activation, .dropout = m->config.dropout};
}

/* What the step learns beside y: penalties, and which experts were chosen. */
static void note(const qp_experts *m, qp_tape *tape, const qp_params *params, const qp_routes *routes)
{
    qp_penalty_add(tape, routes->balance, m->config.balance);
    qp_penalty_add(tape, routes->z, m->config.z);
    size_t mark = qp_tape_mark(tape);
    qp_real *used = qp_tape_memory(tape, (size_t)routes->experts * sizeof *used);
    for (int e = 0; used && e < routes->experts; e++) used[e] = (qp_real)(routes->first[e + 1] - routes->first[e]);
    if (used) qp_statistic_observe(tape, params, m->use, used);
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_experts_forward(const qp_experts *m, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    const int experts = m->config.experts;
    qp_tensor logits = qp_linear(tape, x, qp_param(tape, params, m->router), (qp_tensor){0});
    qp_routes *routes = qp_tape_memory(tape, sizeof *routes);
    qp_tensor *out = qp_tape_memory(tape, (size_t)experts * sizeof *out);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    *routes = qp_route(tape, logits, m->config.top, m->config.top > 1);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (qp_tape_training(tape)) note(m, tape, params, routes);
    int count = 0;
    for (int e = 0; e < experts; e++) {
        int rows = routes->first[e + 1] - routes->first[e];
        if (rows == 0) continue;
        const qp_feed_forward_weights w = weights_of(m, tape, params, e);
        out[count++] = qp_feed_forward(tape, qp_gather(tape, x, rows, routes->row + routes->first[e]), &w);
    }
    if (count == 0) out[count++] = qp_tape_tensor(tape, 0, m->config.width);
    return qp_route_mix(tape, qp_join_rows(tape, count, out), routes);
}
