#include "lib/model/config/layer_config.h"

static qp_cell_kind cell_of(const qp_model_config *config, int64_t kind)
{
    if (kind == QP_KIND_RNN && config->rnn_activation == QP_RNN_RELU) return QP_CELL_RNN_RELU;
    return qp_model_cell(kind);
}

qp_recurrent_config qp_model_recurrent_config(const qp_model_config *config, int64_t kind, int input, int layers,
                                              bool bidirectional)
{
    return (qp_recurrent_config){.cell = cell_of(config, kind),
                                 .input = input,
                                 .hidden = qp_model_hidden_size(config),
                                 .layers = layers,
                                 .bidirectional = bidirectional,
                                 .sum = bidirectional && config->direction_merge == QP_MERGE_SUM,
                                 .bias = config->bias != 0,
                                 .residual = config->rnn_residual != 0,
                                 .norm = config->rnn_norm != 0,
                                 .norm_kind = (qp_norm_kind)config->norm_type,
                                 .learned_state = config->learned_state != 0,
                                 .variational = config->variational_dropout != 0,
                                 .dropout = (qp_real)config->dropout,
                                 .recurrent_dropout = (qp_real)config->recurrent_dropout,
                                 .zoneout_hidden = (qp_real)config->zoneout,
                                 .zoneout_cell = (qp_real)config->zoneout_cell,
                                 .weight = qp_model_weight_init(config, qp_model_hidden_size(config)),
                                 .forget_bias = config->forget_bias,
                                 .epsilon = config->norm_epsilon};
}

static qp_mamba_config mamba_config(const qp_model_config *c)
{
    return (qp_mamba_config){.width = (int)c->emb_size,
                             .inner = (int)(c->emb_size * c->mamba_expand),
                             .states = (int)c->mamba_state,
                             .kernel = (int)c->mamba_kernel,
                             .rank = (int)(c->mamba_rank ? c->mamba_rank : (c->emb_size + 15) / 16),
                             .both_ways = c->bidirectional != 0,
                             .weight = qp_model_weight_init(c, 0)};
}

qp_transformer_config qp_model_transformer_config(const qp_model_config *config, int64_t kind)
{
    const qp_model_config *c = config;
    bool scans = kind == QP_KIND_MAMBA;
    return (qp_transformer_config){.width = (int)c->emb_size,
                                   .ff_size = (int)c->ff_size,
                                   .heads = (int)c->heads,
                                   .kv_heads = (int)c->kv_heads,
                                   .head_width = (int)c->head_size,
                                   .norm_first = c->norm == QP_NORM_PRE,
                                   .norm_both = c->norm == QP_NORM_BOTH,
                                   .norm = (qp_norm_kind)c->norm_type,
                                   .parallel = c->parallel != QP_PARALLEL_NONE,
                                   .shared_norm = c->parallel == QP_PARALLEL_SHARED,
                                   .qkv_bias = qp_model_switch(c->qkv_bias, c->bias),
                                   .attention_bias = qp_model_switch(c->attention_bias, c->bias),
                                   .ff_bias = qp_model_switch(c->ff_bias, c->bias),
                                   .qk_norm = c->qk_norm != 0,
                                   .scale = (qp_real)c->attention_scale,
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
                                   .depth_by_sequence = c->stochastic_depth_mode == QP_DEPTH_ROW,
                                   .experts = scans ? 0 : (int)c->experts,
                                   .experts_per_token = (int)c->experts_per_token,
                                   .experts_balance = (qp_real)c->experts_balance,
                                   .experts_z = (qp_real)c->experts_z_loss,
                                   .scans = scans,
                                   .mamba = mamba_config(c)};
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

qp_position_config qp_model_position_config(const qp_model_config *config, bool both_ways)
{
    return (qp_position_config){
        .kind = inner_kind(config),
        .heads = (int)config->heads,
        .rotated = (int)(config->rope_size ? config->rope_size : qp_model_head_size(config)),
        .positions = (int)config->max_length,
        .base = config->rope_base,
        .scaling = {.kind = (qp_rope_kind)config->rope_scaling,
                    .factor = config->rope_factor,
                    .slow = config->rope_slow,
                    .fast = config->rope_fast,
                    .magnitude = config->rope_magnitude,
                    .length = (int)(config->rope_length ? config->rope_length : config->max_length)},
        .buckets = (int)config->relative_buckets,
        .far = (int)config->relative_far,
        .both_ways = both_ways};
}

qp_position_kind qp_model_position_kind(const qp_model_config *config)
{
    if (config->pos == QP_POS_SINUSOIDAL) return QP_POSITION_SINUSOIDAL;
    return config->pos == QP_POS_LEARNED ? QP_POSITION_LEARNED : QP_POSITION_NONE;
}

qp_embedding_config qp_model_embedding_config(const qp_model_config *config)
{
    return (qp_embedding_config){.width = (int)config->emb_size,
                                 .scaled = config->scale_embeddings != 0,
                                 .order = (qp_sinusoid)config->sinusoid,
                                 .first_position = (int)config->first_position,
                                 .positions = (int)config->max_length,
                                 .norm_kind = (qp_norm_kind)config->norm_type,
                                 .epsilon = config->norm_epsilon,
                                 .type_dropout = (qp_real)config->embedding_dropout,
                                 .noise = (qp_real)config->input_noise,
                                 .dropout = (qp_real)config->dropout};
}
