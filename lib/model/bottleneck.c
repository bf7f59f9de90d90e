#include "lib/model/bottleneck.h"

#include "lib/grad/op_linear.h"

qp_bottleneck qp_bottleneck_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder)
{
    int width = qp_model_memory_width(config);
    qp_bottleneck made = {.pooling = qp_pooling_add(params, config, encoder), .bias = -1};
    made.seen = (qp_encoder){.kind = encoder->kind, .memory_width = width, .summary_width = width, .value_bias = -1};
    made.weight = qp_params_add(params, width, made.pooling.width, (qp_init){QP_INIT_XAVIER_UNIFORM, config->init_gain},
                                "bottleneck.weight");
    if (config->bias) made.bias = qp_params_add(params, 1, width, (qp_init){QP_INIT_CONSTANT, 0}, "bottleneck.bias");
    return made;
}

qp_encoded qp_bottleneck_forward(const qp_bottleneck *bottleneck, qp_tape *tape, const qp_encoded *encoded,
                                 qp_model_maps *maps)
{
    const qp_params *params = bottleneck->pooling.params;
    qp_tensor pooled = qp_pooling_forward(&bottleneck->pooling, tape, encoded, maps);
    qp_tensor code = qp_linear(tape, pooled, qp_param(tape, params, bottleneck->weight),
                               qp_param(tape, params, bottleneck->bias));
    qp_encoded made = {.sequences = qp_rows_one_each(tape, encoded->sequences.count), .memory = code, .summary = code};
    return made;
}
