#ifndef QP_HIGHWAY_H
#define QP_HIGHWAY_H

#include "lib/nn/params.h"
#include "lib/tensor/pointwise.h"

/* highway — `layers` times  x <- t * f(x W_h' + b_h) + (1 - t) * x,  t = sigmoid(x W_t' + b_t)
 * Parameters NAME.h.I.weight [width, width], NAME.h.I.bias, NAME.t.I.weight, NAME.t.I.bias, I = 0 .. ; the gate's bias
 * starts at -2, so that a new layer passes its input through.       Source  Srivastava et al. 2015. */
typedef struct {
    int layers, first; /* `first` of 4*layers parameters */
    qp_activation_kind activation;
} qp_highway;

qp_highway qp_highway_add(qp_params *params, int width, int layers, qp_activation_kind activation, const char *name);

/* qp_highway_forward — x [rows, width] -> [rows, width].   Memory  7*width reals per row and layer on the tape. */
qp_tensor qp_highway_forward(const qp_highway *highway, qp_tape *tape, const qp_params *params, qp_tensor x);

#endif
