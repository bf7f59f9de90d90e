#include "lib/nn/highway.h"

#include <stdio.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"

qp_highway_gate qp_highway_gate_add(qp_params *params, int width, qp_init weight, const char *name)
{
    qp_highway_gate made;
    made.weight = qp_params_add(params, width, width, weight, "%s.weight", name);
    qp_params_multiply(params, made.weight);
    made.bias = qp_params_add(params, 1, width, qp_init_constant(-2), "%s.bias", name);
    return made;
}

/* x + t * (h - x) */
qp_tensor qp_highway_gate_forward(const qp_highway_gate *gate, qp_tape *tape, const qp_params *params, qp_tensor x,
                                  qp_tensor h)
{
    qp_tensor t = qp_linear(tape, x, qp_param(tape, params, gate->weight), qp_param(tape, params, gate->bias));
    t = qp_activation(tape, t, QP_SIGMOID, 0);
    return qp_add(tape, x, qp_multiply(tape, t, qp_add(tape, h, qp_scale(tape, x, -1))));
}

qp_highway qp_highway_add(qp_params *params, const qp_highway_config *config, const char *name)
{
    qp_highway made = {.layers = config->layers, .first = qp_params_count(params), .activation = config->activation};
    for (int i = 0; i < config->layers; i++) {
        char gate[80];
        snprintf(gate, sizeof gate, "%s.t.%d", name, i);
        qp_params_multiply(
            params, qp_params_add(params, config->width, config->width, config->weight, "%s.h.%d.weight", name, i));
        qp_params_add(params, 1, config->width, qp_init_constant(0), "%s.h.%d.bias", name, i);
        qp_highway_gate_add(params, config->width, config->weight, gate);
    }
    return made;
}

qp_tensor qp_highway_forward(const qp_highway *highway, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    for (int i = 0; i < highway->layers; i++) {
        int at = highway->first + 4 * i;
        const qp_highway_gate gate = {at + 2, at + 3};
        qp_tensor h = qp_linear(tape, x, qp_param(tape, params, at), qp_param(tape, params, at + 1));
        h = qp_activation(tape, h, highway->activation, qp_activation_slope(highway->activation));
        x = qp_highway_gate_forward(&gate, tape, params, x, h);
    }
    return x;
}
