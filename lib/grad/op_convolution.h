#ifndef QP_OP_CONVOLUTION_H
#define QP_OP_CONVOLUTION_H

#include "lib/grad/window.h"

/* qp_convolution — 1-D convolution (cross-correlation) along every sequence of a ragged batch
 *   y[t, o] = bias[o] + sum over i, j of weight[o, i*size + j] * x[t*stride + j*dilation - pad_left, g*in/groups + i]
 *   with g = o / (out/groups), the group of output column o; rows outside the sequence are 0
 * x        [rows, in];  s its sequences
 * weight   [out, in/groups*size];  bias [1, out] or empty
 * window   window.h
 * groups   divides in and out; groups = in: depthwise
 * frames   receives the sequences of the result, in the tape's memory; may be NULL
 * returns  [frames, out]
 * Memory   the output and `size` integers per frame; scratch: in/groups*size reals per frame.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   LeCun et al. 1989; dilated: Yu & Koltun 2016; depthwise: Chollet 2017. */
qp_tensor qp_convolution(qp_tape *tape, qp_tensor x, qp_sequences s, qp_tensor weight, qp_tensor bias,
                         const qp_window *window, int groups, qp_sequences *frames);

#endif
