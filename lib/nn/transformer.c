#include "lib/nn/transformer.h"

#include <stdio.h>

#include "lib/grad/attention/op_rope.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_norm.h"
#include "lib/nn/noise.h"

/* ---- parameters ---- */

static int add_weight(qp_params *params, const qp_transformer_config *c, int rows, int columns, const char *name,
                      const char *part)
{
    return qp_params_multiply(params, qp_params_add(params, rows, columns, c->weight, "%s.%s", name, part));
}

static int add_bias(qp_params *params, bool wanted, int columns, const char *name, const char *part)
{
    if (!wanted) return -1;
    return qp_params_add(params, 1, columns, qp_init_constant(0), "%s.%s", name, part);
}

static qp_attention_module attention_sizes(const qp_transformer_config *c)
{
    int kv_heads = c->kv_heads ? c->kv_heads : c->heads;
    int head_width = c->head_width ? c->head_width : c->width / c->heads;
    return (qp_attention_module){.heads = c->heads,
                                 .kv_heads = kv_heads,
                                 .head_width = head_width,
                                 .width = head_width * c->heads,
                                 .kv_width = head_width * kv_heads,
                                 .in = -1,
                                 .in_bias = -1,
                                 .query = -1,
                                 .query_bias = -1,
                                 .key_value = -1,
                                 .key_value_bias = -1,
                                 .out = -1,
                                 .out_bias = -1};
}

static qp_norm add_head_norm(qp_params *params, const qp_transformer_config *c, int width, const char *name,
                             const char *part)
{
    char full[128];
    snprintf(full, sizeof full, "%s.self_attn.%s", name, part);
    return qp_norm_add(params, width, c->norm == QP_NORM_RMS ? QP_NORM_RMS : QP_NORM_LAYER, c->epsilon, full);
}

static qp_attention_module add_self_attention(qp_params *params, const qp_transformer_config *c, const char *name)
{
    qp_attention_module m = attention_sizes(c);
    m.in = add_weight(params, c, m.width + 2 * m.kv_width, c->width, name, "self_attn.in_proj_weight");
    m.in_bias = add_bias(params, c->qkv_bias, m.width + 2 * m.kv_width, name, "self_attn.in_proj_bias");
    m.out = add_weight(params, c, c->width, m.width, name, "self_attn.out_proj.weight");
    m.out_bias = add_bias(params, c->attention_bias, c->width, name, "self_attn.out_proj.bias");
    if (!c->qk_norm) return m;
    m.query_norm = add_head_norm(params, c, m.head_width, name, "q_norm");
    m.key_norm = add_head_norm(params, c, m.head_width, name, "k_norm");
    return m;
}

static qp_attention_module add_cross_attention(qp_params *params, const qp_transformer_config *c, const char *name)
{
    qp_attention_module m = attention_sizes(c);
    m.query = add_weight(params, c, m.width, c->width, name, "multihead_attn.q_proj_weight");
    m.query_bias = add_bias(params, c->qkv_bias, m.width, name, "multihead_attn.q_proj_bias");
    m.key_value = add_weight(params, c, 2 * m.kv_width, c->encoder_width ? c->encoder_width : c->width, name,
                             "multihead_attn.kv_proj_weight");
    m.key_value_bias = add_bias(params, c->qkv_bias, 2 * m.kv_width, name, "multihead_attn.kv_proj_bias");
    m.out = add_weight(params, c, c->width, m.width, name, "multihead_attn.out_proj.weight");
    m.out_bias = add_bias(params, c->attention_bias, c->width, name, "multihead_attn.out_proj.bias");
    return m;
}

static qp_norm add_norm(qp_params *params, const qp_transformer_config *c, const char *name, int number,
                        const char *place)
{
    char full[128];
    snprintf(full, sizeof full, "%s.norm%d%s", name, number, place);
    return qp_norm_add(params, c->width, c->norm, c->epsilon, full);
}

static void add_feed_forward(qp_params *params, const qp_transformer_config *c, const char *name,
                             qp_transformer_layer *layer)
{
    layer->inner = add_weight(params, c, c->ff_size, c->width, name, "linear1.weight");
    layer->inner_bias = add_bias(params, c->ff_bias, c->ff_size, name, "linear1.bias");
    if (c->gated) {
        layer->gate = add_weight(params, c, c->ff_size, c->width, name, "linear_gate.weight");
        layer->gate_bias = add_bias(params, c->ff_bias, c->ff_size, name, "linear_gate.bias");
    }
    layer->outer = add_weight(params, c, c->width, c->ff_size, name, "linear2.weight");
    layer->outer_bias = add_bias(params, c->ff_bias, c->width, name, "linear2.bias");
}

static qp_experts add_experts(qp_params *params, const qp_transformer_config *c, const char *name)
{
    const qp_experts_config experts = {.experts = c->experts,
                                       .top = c->experts_per_token,
                                       .width = c->width,
                                       .ff_size = c->ff_size,
                                       .bias = c->ff_bias,
                                       .gated = c->gated,
                                       .weight = c->weight,
                                       .activation = c->activation,
                                       .dropout = c->ff_dropout,
                                       .balance = c->experts_balance,
                                       .z = c->experts_z};
    return qp_experts_add(params, &experts, name);
}

static qp_mamba add_mixer(qp_params *params, const qp_transformer_config *c, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "%s.mixer", name);
    return qp_mamba_add(params, &c->mamba, full);
}

qp_transformer_layer qp_transformer_layer_add(qp_params *params, const qp_transformer_config *config, bool reads_source,
                                              const char *name)
{
    qp_transformer_layer layer = {.config = *config, .reads_source = reads_source, .gate = -1, .gate_bias = -1};
    if (config->scans)
        layer.mamba = add_mixer(params, config, name);
    else
        layer.self = add_self_attention(params, config, name);
    if (reads_source) layer.cross = add_cross_attention(params, config, name);
    if (config->experts > 0)
        layer.experts = add_experts(params, config, name);
    else if (!config->scans)
        add_feed_forward(params, config, name, &layer);
    int last = reads_source ? 3 : 2;
    layer.norm_self = add_norm(params, config, name, 1, "");
    if (reads_source) layer.norm_cross = add_norm(params, config, name, 2, "");
    if (!config->scans)
        layer.norm_ff = config->shared_norm ? layer.norm_self : add_norm(params, config, name, last, "");
    if (!config->norm_both) return layer;
    layer.after_self = add_norm(params, config, name, 1, "_after");
    if (reads_source) layer.after_cross = add_norm(params, config, name, 2, "_after");
    if (!config->scans) layer.after_ff = add_norm(params, config, name, last, "_after");
    return layer;
}

/* ---- sublayers ---- */

static qp_tensor linear(const qp_transformer_pass *pass, qp_tensor x, int weight, int bias)
{
    return qp_linear(pass->tape, x, qp_param(pass->tape, pass->params, weight),
                     qp_param(pass->tape, pass->params, bias));
}

static qp_tensor norm_heads(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor qkv)
{
    const qp_attention_module *m = &layer->self;
    const qp_norm *norm[] = {&m->query_norm, &m->key_norm};
    qp_head_norms norms = {.heads = {m->heads, m->kv_heads},
                           .width = m->head_width,
                           .epsilon = (qp_real)layer->config.epsilon,
                           .centred = layer->config.norm != QP_NORM_RMS};
    for (int i = 0; i < 2; i++) {
        norms.weight[i] = qp_param(pass->tape, pass->params, norm[i]->weight);
        norms.bias[i] = qp_param(pass->tape, pass->params, norm[i]->bias);
    }
    return qp_norm_heads(pass->tape, qkv, &norms);
}

static qp_tensor attend_self(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    const qp_attention_module *m = &layer->self;
    qp_tensor qkv = linear(pass, x, m->in, m->in_bias);
    if (layer->config.qk_norm) qkv = norm_heads(layer, pass, qkv);
    if (pass->position.rotation.value) /* the first heads are queries and keys; the values after them are not rotated */
        qkv = qp_rope(pass->tape, qkv, m->heads + m->kv_heads, m->head_width, pass->position.position,
                      pass->position.rotation);
    if (qp_tape_failed(pass->tape)) return qkv;
    qp_tensor query = qp_tensor_columns(qkv, 0, m->width);
    qp_tensor kv = qp_tensor_columns(qkv, m->width, 2 * m->kv_width);
    qp_attention_config config = {
        .heads = m->heads, .kv_heads = m->kv_heads, .causal = pass->causal, .dropout = layer->config.attention_dropout};
    config.scale = layer->config.scale;
    config.slope = pass->position.slope;
    config.window = layer->config.window;
    config.sinks = layer->config.sinks;
    config.softcap = layer->config.softcap;
    config.relative = pass->position.relative;
    config.distance = pass->position.distance;
    qp_sequences queries = pass->sequences, keys = pass->sequences;
    if (pass->state) {
        kv = qp_state_append(pass->state, pass->layer, kv);
        queries = qp_state_query_sequences(pass->state);
        keys = qp_state_key_sequences(pass->state);
        config.key_row = qp_state_key_row(pass->state);
    }
    qp_tensor mixed = qp_attention(pass->tape, query, queries, qp_tensor_columns(kv, 0, m->kv_width),
                                   qp_tensor_columns(kv, m->kv_width, m->kv_width), keys, &config, pass->self_map);
    return linear(pass, mixed, m->out, m->out_bias);
}

static qp_tensor scan(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    return qp_mamba_forward(&layer->mamba, pass->tape, pass->params, pass->sequences, x, pass->state,
                            pass->layer * QP_MAMBA_CARRIES);
}

static qp_tensor attend_source(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    const qp_attention_module *m = &layer->cross;
    qp_tensor query = linear(pass, x, m->query, m->query_bias);
    qp_tensor kv;
    qp_sequences queries = pass->sequences, keys = pass->source_sequences;
    if (pass->state) {
        kv = qp_state_source(pass->state, pass->layer);
        queries = qp_state_query_sequences(pass->state);
        keys = qp_state_source_sequences(pass->state);
    } else {
        kv = qp_transformer_layer_key_value(layer, pass->tape, pass->params, pass->encoder_output);
    }
    if (qp_tape_failed(pass->tape)) return (qp_tensor){0};
    qp_attention_config config = {
        .heads = m->heads, .kv_heads = m->kv_heads, .dropout = layer->config.attention_dropout};
    config.scale = layer->config.scale;
    qp_tensor mixed = qp_attention(pass->tape, query, queries, qp_tensor_columns(kv, 0, m->kv_width),
                                   qp_tensor_columns(kv, m->kv_width, m->kv_width), keys, &config, pass->cross_map);
    return linear(pass, mixed, m->out, m->out_bias);
}

qp_tensor qp_transformer_layer_key_value(const qp_transformer_layer *layer, qp_tape *tape, const qp_params *params,
                                         qp_tensor encoder_output)
{
    return qp_linear(tape, encoder_output, qp_param(tape, params, layer->cross.key_value),
                     qp_param(tape, params, layer->cross.key_value_bias));
}

static qp_tensor feed_forward(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    const qp_params *params = pass->params;
    if (layer->config.experts > 0) return qp_experts_forward(&layer->experts, pass->tape, params, x);
    qp_feed_forward_weights w = {.inner = qp_param(pass->tape, params, layer->inner),
                                 .inner_bias = qp_param(pass->tape, params, layer->inner_bias),
                                 .gate = qp_param(pass->tape, params, layer->gate),
                                 .gate_bias = qp_param(pass->tape, params, layer->gate_bias),
                                 .outer = qp_param(pass->tape, params, layer->outer),
                                 .outer_bias = qp_param(pass->tape, params, layer->outer_bias),
                                 .activation = layer->config.activation,
                                 .dropout = layer->config.ff_dropout};
    return qp_feed_forward(pass->tape, x, &w);
}

/* ---- the layer ---- */

typedef qp_tensor sublayer(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x);

static qp_tensor drop_branch(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor branch)
{
    return qp_branch_drop(pass->tape, branch, pass->sequences, layer->config.depth_drop,
                          layer->config.depth_by_sequence);
}

/* x + dropout(f(N(x))), with `after` x + dropout(M(f(N(x)))), or N(x + dropout(f(x))) */
static qp_tensor connect(const qp_transformer_layer *layer, const qp_transformer_pass *pass, const qp_norm *norm,
                         const qp_norm *after, sublayer *f, qp_tensor x)
{
    bool first = layer->config.norm_first || layer->config.norm_both;
    qp_tensor branch = f(layer, pass, first ? qp_norm_forward(norm, pass->tape, pass->params, x) : x);
    if (layer->config.norm_both) branch = qp_norm_forward(after, pass->tape, pass->params, branch);
    branch = drop_branch(layer, pass, branch);
    qp_tensor sum = qp_residual(pass->tape, x, branch, layer->config.dropout);
    return first ? sum : qp_norm_forward(norm, pass->tape, pass->params, sum);
}

/* x + dropout(A(N1(x)) + F(N2(x))) */
static qp_tensor connect_both(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    qp_tensor normed = qp_norm_forward(&layer->norm_self, pass->tape, pass->params, x), other = normed;
    if (!layer->config.shared_norm) other = qp_norm_forward(&layer->norm_ff, pass->tape, pass->params, x);
    qp_tensor attended = drop_branch(layer, pass, attend_self(layer, pass, normed));
    qp_tensor fed = drop_branch(layer, pass, feed_forward(layer, pass, other));
    return qp_residual(pass->tape, x, qp_add(pass->tape, attended, fed), layer->config.dropout);
}

/* Maps stay in the memory of the tape. */
static qp_tensor keep(const qp_transformer_pass *pass, size_t mark, qp_tensor x)
{
    return pass->self_map || pass->cross_map ? x : qp_tape_keep(pass->tape, mark, x);
}

qp_tensor qp_transformer_layer_forward(const qp_transformer_layer *layer, const qp_transformer_pass *pass, qp_tensor x)
{
    size_t mark = qp_tape_mark(pass->tape);
    if (layer->config.parallel) return connect_both(layer, pass, x);
    x = connect(layer, pass, &layer->norm_self, &layer->after_self, layer->config.scans ? scan : attend_self, x);
    x = keep(pass, mark, x);
    if (layer->reads_source) {
        x = connect(layer, pass, &layer->norm_cross, &layer->after_cross, attend_source, x);
        x = keep(pass, mark, x);
    }
    if (layer->config.scans) return x;
    return connect(layer, pass, &layer->norm_ff, &layer->after_ff, feed_forward, x);
}
