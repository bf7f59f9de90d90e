#include "lib/model/stack.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/random.h"

static qp_transformer_config layer_config(const qp_model_config *c)
{
    return (qp_transformer_config){.width = (int)c->emb_size,
                                   .ff_size = (int)c->ff_size,
                                   .heads = (int)c->heads,
                                   .kv_heads = (int)c->kv_heads,
                                   .norm_first = c->norm == QP_NORM_PRE,
                                   .rms = c->norm_type == QP_NORM_RMS,
                                   .bias = c->bias != 0,
                                   .gated = c->gated_ff != 0,
                                   .epsilon = c->norm_epsilon,
                                   .weight = qp_model_weight_init(c, 0),
                                   .activation = (qp_activation_kind)c->activation,
                                   .dropout = (qp_real)c->dropout,
                                   .attention_dropout = (qp_real)c->attention_dropout,
                                   .ff_dropout = (qp_real)c->ff_dropout,
                                   .window = (int)c->attention_window,
                                   .sinks = (int)c->attention_sinks,
                                   .softcap = (qp_real)c->attention_softcap,
                                   .depth_drop = (qp_real)c->stochastic_depth,
                                   .depth_by_sequence = c->stochastic_depth_mode == QP_DEPTH_ROW};
}

static qp_position_kind outer_kind(const qp_model_config *c)
{
    if (c->pos == QP_POS_SINUSOIDAL) return QP_POSITION_SINUSOIDAL;
    return c->pos == QP_POS_LEARNED ? QP_POSITION_LEARNED : QP_POSITION_NONE;
}

static qp_inner_kind inner_kind(const qp_model_config *c)
{
    switch (c->pos) {
    case QP_POS_ROPE: return QP_INNER_ROPE;
    case QP_POS_ALIBI: return QP_INNER_ALIBI;
    case QP_POS_RELATIVE: return QP_INNER_RELATIVE;
    default: return QP_INNER_NONE;
    }
}

qp_status qp_stack_init(qp_stack *stack, qp_params *params, const qp_model_config *config, const char *name, int layers,
                        int embedding, int encoder_width, qp_map_kind self_kind)
{
    *stack = (qp_stack){.layers = layers, .has_norm = config->final_norm != 0, .self_kind = self_kind};
    stack->layer = calloc((size_t)layers + 1, sizeof *stack->layer);
    if (!stack->layer) return qp_fail(QP_EMEMORY, "out of memory for %d layers", layers);
    char full[64];
    snprintf(full, sizeof full, "%s.positions", name);
    QP_TRY(qp_embedding_init(&stack->embedding, params, embedding, (int)config->emb_size, config->scale_embeddings != 0,
                             outer_kind(config), (int)config->max_length, config->dropout, full));
    stack->embedding.noise = (qp_real)config->input_noise;
    stack->embedding.type_dropout = (qp_real)config->embedding_dropout;
    stack->layer_drop = config->layer_drop;
    snprintf(full, sizeof full, "%s.segments", name);
    if (config->segments > 0 && self_kind == QP_MAP_ENCODER)
        qp_embedding_add_segments(&stack->embedding, params, (int)config->segments, full);
    snprintf(full, sizeof full, "%s.embedding_norm", name);
    if (config->embedding_norm)
        qp_embedding_add_norm(&stack->embedding, params, config->norm_type == QP_NORM_RMS, config->norm_epsilon, full);
    qp_transformer_config layer = layer_config(config);
    snprintf(full, sizeof full, "%s.relative", name);
    QP_TRY(qp_position_init(&stack->position, params, inner_kind(config), layer.heads, layer.width / layer.heads,
                            (int)config->max_length, config->rope_base, self_kind == QP_MAP_ENCODER, full));
    layer.encoder_width = encoder_width;
    for (int i = 0; i < layers; i++) {
        snprintf(full, sizeof full, "%s.layers.%d", name, i);
        stack->layer[i] = qp_transformer_layer_add(params, &layer, encoder_width > 0, full);
    }
    snprintf(full, sizeof full, "%s.norm", name);
    if (stack->has_norm) stack->norm = qp_norm_add(params, layer.width, layer.rms, layer.epsilon, full);
    return QP_OK;
}

void qp_stack_free(qp_stack *stack)
{
    qp_embedding_free(&stack->embedding);
    qp_position_free(&stack->position);
    free(stack->layer);
    stack->layer = NULL;
}

qp_tensor qp_stack_forward(const qp_stack *stack, qp_transformer_pass pass, int rows, const int32_t *id, int offset,
                           qp_stack_maps maps)
{
    qp_tensor x = qp_embedding_forward(&stack->embedding, pass.tape, pass.params, pass.sequences, rows, id, offset);
    return qp_stack_layers(stack, pass, x, offset, maps);
}

qp_tensor qp_stack_layers(const qp_stack *stack, qp_transformer_pass pass, qp_tensor x, int offset, qp_stack_maps maps)
{
    pass.position = qp_position_begin(&stack->position, pass.tape, pass.params, pass.sequences,
                                      pass.state ? qp_state_key_sequences(pass.state) : pass.sequences, x.rows, offset);
    bool drops = stack->layer_drop > 0 && qp_tape_training(pass.tape);
    uint64_t key = drops ? qp_tape_next_key(pass.tape) : 0;
    for (int i = 0; i < stack->layers; i++) {
        if (drops && qp_random_uniform(key, (uint64_t)i) < stack->layer_drop) continue;
        pass.layer = i;
        pass.self_map = qp_model_maps_add(maps.all, stack->self_kind, i);
        pass.cross_map = stack->layer[i].reads_source ? qp_model_maps_add(maps.all, QP_MAP_CROSS, i) : NULL;
        if (maps.cross && i == maps.cross_layer) pass.cross_map = maps.cross;
        x = qp_transformer_layer_forward(&stack->layer[i], &pass, x);
    }
    return stack->has_norm ? qp_norm_forward(&stack->norm, pass.tape, pass.params, x) : x;
}
