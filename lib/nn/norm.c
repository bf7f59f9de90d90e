#include "lib/nn/norm.h"

#include <stdio.h>

#include "lib/grad/op_batch_norm.h"
#include "lib/grad/op_norm.h"
#include "lib/nn/statistic.h"

/* The share of old updates in the running mean and variance: about the last ten count. */
static const double KEEP = 0.9;

qp_norm qp_norm_add(qp_params *params, int width, qp_norm_kind kind, double epsilon, const char *name)
{
    qp_norm norm = {.bias = -1, .sums = -1, .width = width, .kind = kind, .epsilon = (qp_real)epsilon};
    char sums[128];
    norm.weight = qp_params_add(params, 1, width, qp_init_constant(1), "%s.weight", name);
    if (kind != QP_NORM_RMS) norm.bias = qp_params_add(params, 1, width, qp_init_constant(0), "%s.bias", name);
    if (kind != QP_NORM_BATCH) return norm;
    snprintf(sums, sizeof sums, "%s.running_sums", name);
    norm.sums = qp_statistic_add(params, 1, 2 * width + 1, KEEP, sums);
    return norm;
}

/* What a shard adds to the running sums: [rows | rows * mean | rows * variance] */
static void observe(const qp_norm *norm, qp_tape *tape, const qp_params *params, int rows, const qp_real *mean,
                    const qp_real *variance, qp_real *sums)
{
    const int width = norm->width;
    sums[0] = (qp_real)rows;
    for (int k = 0; k < width; k++) {
        sums[1 + k] = (qp_real)rows * mean[k];
        sums[1 + width + k] = (qp_real)rows * variance[k];
    }
    qp_statistic_observe(tape, params, norm->sums, sums);
}

/* The running mean and variance; 0 and 1 before anything was seen. */
static void running(qp_tensor sums, int width, qp_real *mean, qp_real *variance)
{
    const qp_real *s = sums.value;
    for (int k = 0; k < width; k++) {
        mean[k] = s[0] > 0 ? s[1 + k] / s[0] : 0;
        variance[k] = s[0] > 0 ? s[1 + width + k] / s[0] : 1;
    }
}

static qp_tensor batch_norm(const qp_norm *norm, qp_tape *tape, const qp_params *params, qp_tensor x, qp_tensor weight,
                            qp_tensor bias)
{
    const size_t width = (size_t)norm->width;
    bool own = qp_tape_training(tape) && x.rows > 1;
    qp_real *memory = qp_tape_memory(tape, (4 * width + 1) * sizeof *memory);
    if (!memory) return (qp_tensor){0};
    qp_real *mean = memory + 2 * width + 1, *variance = mean + width;
    qp_batch_norm_config config = {.epsilon = norm->epsilon, .mean = mean, .variance = variance};
    if (!own) {
        running(qp_param(tape, params, norm->sums), norm->width, mean, variance);
        config = (qp_batch_norm_config){
            .epsilon = norm->epsilon, .running_mean = mean, .running_variance = variance};
    }
    qp_tensor y = qp_batch_norm(tape, x, weight, bias, &config);
    if (own && y.value) observe(norm, tape, params, x.rows, mean, variance, memory);
    return y;
}

qp_tensor qp_norm_forward(const qp_norm *norm, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    qp_tensor weight = qp_param(tape, params, norm->weight), bias = qp_param(tape, params, norm->bias);
    if (norm->kind == QP_NORM_RMS) return qp_rms_norm(tape, x, weight, norm->epsilon);
    if (norm->kind == QP_NORM_BATCH) return batch_norm(norm, tape, params, x, weight, bias);
    return qp_layer_norm(tape, x, weight, bias, norm->epsilon);
}
