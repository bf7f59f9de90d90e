#include "lib/model/bottleneck.h"

#include "lib/base/random.h"
#include "lib/grad/op_gaussian.h"
#include "lib/grad/op_linear.h"
#include "lib/grad/op_sequence.h"

qp_bottleneck qp_bottleneck_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder)
{
    int width = qp_model_encoder_width(config);
    qp_bottleneck made = {
        .pooling = qp_pooling_add(params, config, encoder), .bias = -1, .spread = -1, .spread_bias = -1};
    made.as_encoder =
        (qp_encoder){.kind = encoder->kind, .output_width = width, .summary_width = width, .value_bias = -1};
    made.weight = qp_params_add(params, width, made.pooling.width, qp_model_weight_init(config, 0),
                                "bottleneck.weight");
    qp_params_multiply(params, made.weight);
    if (config->bias) made.bias = qp_params_add(params, 1, width, qp_init_constant(0), "bottleneck.bias");
    made.variational = config->variational != 0;
    made.coded = config->codebook > 0;
    if (made.coded)
        made.codebook =
            qp_codebook_add(params, (int)config->codebook, width, (int)config->codes, "bottleneck.codebook");
    if (!made.variational) return made;
    made.spread = qp_params_add(params, width, made.pooling.width, qp_model_weight_init(config, 0),
                                "bottleneck.log_var.weight");
    qp_params_multiply(params, made.spread);
    if (config->bias)
        made.spread_bias = qp_params_add(params, 1, width, qp_init_constant(0), "bottleneck.log_var.bias");
    return made;
}

qp_encoded qp_bottleneck_code(qp_tape *tape, qp_tensor code)
{
    return (qp_encoded){.sequences = qp_rows_one_each(tape, code.rows), .output = code, .summary = code};
}

/* Normal numbers [rows, columns] by the tape's key; NULL: out of memory. */
static const qp_real *draw(qp_tape *tape, int rows, int columns)
{
    uint64_t key = qp_tape_next_key(tape);
    size_t count = (size_t)rows * (size_t)columns;
    qp_real *noise = qp_tape_memory(tape, (count + 1) * sizeof *noise);
    for (size_t i = 0; noise && i < count; i++) noise[i] = (qp_real)qp_random_normal(key, (uint64_t)i);
    return noise;
}

qp_encoded qp_bottleneck_forward(const qp_bottleneck *bottleneck, qp_tape *tape, const qp_encoded *encoded,
                                 const qp_real *noise, int columns, qp_model_maps *maps)
{
    const qp_params *params = bottleneck->pooling.params;
    qp_tensor pooled = qp_pooling_forward(&bottleneck->pooling, tape, encoded, maps);
    qp_tensor mean = qp_linear(tape, pooled, qp_param(tape, params, bottleneck->weight),
                               qp_param(tape, params, bottleneck->bias));
    const int32_t *code = NULL;
    if (bottleneck->coded) mean = qp_codebook_forward(&bottleneck->codebook, tape, params, mean, &code);
    qp_encoded made = qp_bottleneck_code(tape, mean);
    made.code = code;
    if (!bottleneck->variational || qp_tape_failed(tape)) return made;
    qp_tensor log_variance = qp_linear(tape, pooled, qp_param(tape, params, bottleneck->spread),
                                       qp_param(tape, params, bottleneck->spread_bias));
    qp_tensor drawn = mean;
    if (noise && columns != mean.columns)
        drawn = qp_tape_fail(tape, QP_ESHAPE, "noise of %d columns for vectors of %d", columns, mean.columns);
    else if (qp_tape_training(tape))
        drawn = qp_gaussian_sample(tape, mean, log_variance, noise ? noise : draw(tape, mean.rows, mean.columns));
    made = qp_bottleneck_code(tape, drawn);
    made.mean = mean;
    made.log_variance = log_variance;
    return made;
}
