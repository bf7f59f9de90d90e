#include "lib/model/recurrent_layers.h"

static qp_cell_kind cell_of(const qp_model_config *config, int64_t kind)
{
    if (kind == QP_KIND_RNN && config->rnn_activation == QP_RNN_RELU) return QP_CELL_RNN_RELU;
    return qp_model_cell(kind);
}

qp_recurrent_config qp_recurrent_layers(const qp_model_config *config, int64_t kind, int input, int layers,
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
