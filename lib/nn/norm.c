#include "lib/nn/norm.h"

#include "lib/grad/op_norm.h"

qp_norm qp_norm_add(qp_params *params, int width, bool rms, double epsilon, const char *name)
{
    qp_norm norm = {.bias = -1, .rms = rms, .epsilon = (qp_real)epsilon};
    norm.weight = qp_params_add(params, 1, width, qp_init_constant(1), "%s.weight", name);
    if (!rms) norm.bias = qp_params_add(params, 1, width, qp_init_constant(0), "%s.bias", name);
    return norm;
}

qp_tensor qp_norm_forward(const qp_norm *norm, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    qp_tensor weight = qp_param(tape, params, norm->weight);
    if (norm->rms) return qp_rms_norm(tape, x, weight, norm->epsilon);
    return qp_layer_norm(tape, x, weight, qp_param(tape, params, norm->bias), norm->epsilon);
}
