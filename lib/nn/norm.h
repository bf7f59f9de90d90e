#ifndef QP_NORM_H
#define QP_NORM_H

#include "lib/nn/params.h"

/* norm — layer norm or RMS norm with its weights: NAME.weight [1, width] = 1, NAME.bias [1, width] = 0 (layer
 * norm). */
typedef struct {
    int weight, bias; /* parameters; bias -1 for RMS norm */
    bool rms;
    qp_real epsilon;
} qp_norm;

qp_norm qp_norm_add(qp_params *params, int width, bool rms, double epsilon, const char *name);

/* qp_norm_forward — x [rows, width] -> [rows, width]; see grad/op_norm.h */
qp_tensor qp_norm_forward(const qp_norm *norm, qp_tape *tape, const qp_params *params, qp_tensor x);

#endif
