#ifndef QP_HIGHWAY_H
#define QP_HIGHWAY_H

#include "lib/nn/params.h"
#include "lib/tensor/pointwise.h"

/* highway gate — a highway connection around any layer h of equal width:  y = t * h(x) + (1 - t) * x,
 * t = sigmoid(x W' + b).  Parameters NAME.weight [width, width], NAME.bias [1, width]; the bias starts at -2, so that a
 * new layer passes most of its input through.       Source  Srivastava et al. 2015. */
typedef struct {
    int weight, bias; /* parameters */
} qp_highway_gate;

qp_highway_gate qp_highway_gate_add(qp_params *params, int width, qp_init weight, const char *name);

/* qp_highway_gate_forward — x the input and h the output of the layer, [rows, width] each -> [rows, width]. */
qp_tensor qp_highway_gate_forward(const qp_highway_gate *gate, qp_tape *tape, const qp_params *params, qp_tensor x,
                                  qp_tensor h);

/* highway — `layers` times a gate around h(x) = f(x W_h' + b_h). Parameters NAME.h.I.weight [width, width],
 * NAME.h.I.bias, and the gates NAME.t.I, I = 0 .. */
typedef struct {
    int layers, first; /* `first` of 4*layers parameters */
    qp_activation_kind activation;
} qp_highway;

typedef struct {
    int width, layers;
    qp_activation_kind activation;
    qp_init weight; /* initial values of the matrices */
} qp_highway_config;

qp_highway qp_highway_add(qp_params *params, const qp_highway_config *config, const char *name);

/* qp_highway_forward — x [rows, width] -> [rows, width].   Memory  7*width reals per row and layer on the tape. */
qp_tensor qp_highway_forward(const qp_highway *highway, qp_tape *tape, const qp_params *params, qp_tensor x);

#endif
