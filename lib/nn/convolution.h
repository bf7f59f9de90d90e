#ifndef QP_CONVOLUTION_H
#define QP_CONVOLUTION_H

#include "lib/base/batch.h"
#include "lib/nn/params.h"

/* convolution — a 1-D convolution that keeps the length of every sequence: it is padded at both ends, or only before
 * (causal: row t reads no row after t)
 *   plain      NAME.weight [out, in*size], NAME.bias [1, out]
 *   separable  NAME.depth.weight [in, size], one filter for each column, then NAME.weight [out, in], NAME.bias
 *              Chollet 2017 */
typedef struct {
    int in, out, size, dilation;
    bool causal, separable;
    qp_init weight; /* first values of the matrices */
} qp_convolution_config;

typedef struct {
    qp_convolution_config config;
    int weight, bias, depth; /* parameters; depth -1: plain */
} qp_convolution_module;

qp_convolution_module qp_convolution_add(qp_params *params, const qp_convolution_config *config, const char *name);

/* qp_convolution_forward — x [rows, in] -> [rows, out]; see grad/op_convolution.h */
qp_tensor qp_convolution_forward(const qp_convolution_module *module, qp_tape *tape, const qp_params *params,
                                 qp_sequences sequences, qp_tensor x);

#endif
