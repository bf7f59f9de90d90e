#include "lib/nn/convolution.h"

#include "lib/grad/op_convolution.h"
#include "lib/grad/op_linear.h"

qp_convolution_module qp_convolution_add(qp_params *params, const qp_convolution_config *config, const char *name)
{
    const qp_convolution_config *c = config;
    qp_convolution_module made = {.config = *c, .depth = -1};
    const qp_init init = c->weight;
    if (c->separable) made.depth = qp_params_add(params, c->in, c->size, init, "%s.depth.weight", name);
    made.weight = qp_params_add(params, c->out, c->separable ? c->in : c->in * c->size, init, "%s.weight", name);
    made.bias = qp_params_add(params, 1, c->out, qp_init_constant(0), "%s.bias", name);
    return made;
}

qp_tensor qp_convolution_forward(const qp_convolution_module *module, qp_tape *tape, const qp_params *params,
                                 qp_sequences sequences, qp_tensor x)
{
    const qp_convolution_config *c = &module->config;
    int span = c->dilation * (c->size - 1), left = c->causal ? span : span / 2;
    const qp_window window = {.size = c->size, .dilation = c->dilation, .pad_left = left, .pad_right = span - left};
    qp_tensor weight = qp_param(tape, params, module->weight), bias = qp_param(tape, params, module->bias);
    if (module->depth < 0) return qp_convolution(tape, x, sequences, weight, bias, &window, 1, NULL);
    qp_tensor depth = qp_param(tape, params, module->depth);
    x = qp_convolution(tape, x, sequences, depth, (qp_tensor){0}, &window, c->in, NULL);
    return qp_linear(tape, x, weight, bias);
}
