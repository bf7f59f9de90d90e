#include "lib/model/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/random.h"
#include "lib/model/config/layer_config.h"

/* What differs from layer to layer. */
static void set_attention(qp_transformer_config *layer, const qp_model_config *c, int number)
{
    layer->window = qp_model_has_window(c, number) ? (int)c->attention_window : 0;
    if (!c->attention_layer_scale) return;
    double scale = c->attention_scale > 0 ? c->attention_scale : 1 / sqrt(qp_model_head_size(c));
    layer->scale = (qp_real)(scale / (number + 1));
}

qp_status qp_stack_init(qp_stack *stack, qp_params *params, const qp_model_config *config, const char *name, int layers,
                        int embedding, int encoder_width, qp_map_kind self_kind)
{
    bool encodes = self_kind == QP_MAP_ENCODER;
    char full[64];
    *stack = (qp_stack){.layers = layers,
                        .layer_drop = config->layer_drop,
                        .has_norm = config->final_norm != 0,
                        .self_kind = self_kind};
    stack->layer = calloc((size_t)layers + 1, sizeof *stack->layer);
    if (!stack->layer) return qp_fail(QP_EMEMORY, "out of memory for %d layers", layers);
    qp_embedding_config embed = qp_model_embedding_config(config);
    int64_t kind = encodes ? config->encoder : config->decoder;
    bool attends = kind == QP_KIND_TRANSFORMER;
    if (attends) embed.position_kind = qp_model_position_kind(config);
    embed.segments = encodes ? (int)config->segments : 0;
    embed.norm = config->embedding_norm != 0;
    embed.words = (int)config->word_size;
    embed.sum_first = config->word_map == QP_WORD_MAP_SUM;
    QP_TRY(qp_embedding_init(&stack->embedding, params, &embed, embedding, name));
    qp_position_config position = qp_model_position_config(config, encodes);
    snprintf(full, sizeof full, "%s.relative", name);
    if (!attends) position.kind = QP_INNER_NONE;
    QP_TRY(qp_position_init(&stack->position, params, &position, full));
    qp_transformer_config layer = qp_model_transformer_config(config, kind);
    layer.mamba.both_ways = layer.mamba.both_ways && encodes;
    layer.encoder_width = encoder_width;
    int groups = config->layer_groups && config->layer_groups < layers ? (int)config->layer_groups : layers;
    for (int i = 0; i < layers; i++) {
        int group = (int)((int64_t)i * groups / layers), before = i ? (int)((int64_t)(i - 1) * groups / layers) : -1;
        snprintf(full, sizeof full, "%s.layers.%d", name, group);
        stack->layer[i] = group == before ? stack->layer[i - 1]
                                          : qp_transformer_layer_add(params, &layer, encoder_width > 0, full);
        set_attention(&stack->layer[i].config, config, i);
    }
    snprintf(full, sizeof full, "%s.norm", name);
    if (stack->has_norm) stack->norm = qp_norm_add(params, layer.width, layer.norm, layer.epsilon, full);
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
    pass.position = qp_position_begin(&stack->position, pass.tape, pass.params, pass.sequences, x.rows, offset);
    bool drops = stack->layer_drop > 0 && qp_tape_training(pass.tape);
    uint64_t key = drops ? qp_tape_next_key(pass.tape) : 0;
    size_t mark = qp_tape_mark(pass.tape);
    for (int i = 0; i < stack->layers; i++) {
        qp_model_maps_state(maps.all, stack->self_kind, i, x);
        if (drops && qp_random_uniform(key, (uint64_t)i) < stack->layer_drop) continue;
        pass.layer = i;
        bool attends = !stack->layer[i].config.scans;
        pass.self_map = attends ? qp_model_maps_add(maps.all, stack->self_kind, i) : NULL;
        pass.cross_map = stack->layer[i].reads_source ? qp_model_maps_add(maps.all, QP_MAP_CROSS, i) : NULL;
        if (maps.cross && i == maps.cross_layer) pass.cross_map = maps.cross;
        x = qp_transformer_layer_forward(&stack->layer[i], &pass, x);
        if (!maps.all && !maps.cross) x = qp_tape_keep(pass.tape, mark, x);
    }
    qp_model_maps_state(maps.all, stack->self_kind, stack->layers + 1, x);
    if (stack->has_norm) x = qp_norm_forward(&stack->norm, pass.tape, pass.params, x);
    qp_model_maps_state(maps.all, stack->self_kind, stack->layers, x);
    return x;
}
