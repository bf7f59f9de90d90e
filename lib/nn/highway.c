#include "lib/nn/highway.h"

#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"

qp_highway qp_highway_add(qp_params *params, int width, int layers, qp_activation_kind activation, const char *name)
{
    qp_highway made = {.layers = layers, .first = qp_params_count(params), .activation = activation};
    const qp_init weight = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1};
    for (int i = 0; i < layers; i++) {
        qp_params_add(params, width, width, weight, "%s.h.%d.weight", name, i);
        qp_params_add(params, 1, width, qp_init_constant(0), "%s.h.%d.bias", name, i);
        qp_params_add(params, width, width, weight, "%s.t.%d.weight", name, i);
        qp_params_add(params, 1, width, qp_init_constant(-2), "%s.t.%d.bias", name, i);
    }
    return made;
}

/* x + t * (h - x) */
qp_tensor qp_highway_forward(const qp_highway *highway, qp_tape *tape, const qp_params *params, qp_tensor x)
{
    for (int i = 0; i < highway->layers; i++) {
        int at = highway->first + 4 * i;
        qp_tensor h = qp_linear(tape, x, qp_param(tape, params, at), qp_param(tape, params, at + 1));
        qp_tensor t = qp_linear(tape, x, qp_param(tape, params, at + 2), qp_param(tape, params, at + 3));
        h = qp_activation(tape, h, highway->activation, 0);
        t = qp_activation(tape, t, QP_SIGMOID, 0);
        x = qp_add(tape, x, qp_multiply(tape, t, qp_add(tape, h, qp_scale(tape, x, -1))));
    }
    return x;
}
