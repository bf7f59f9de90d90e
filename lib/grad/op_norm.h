#ifndef QP_OP_NORM_H
#define QP_OP_NORM_H

#include "lib/grad/tape.h"

/* qp_layer_norm — y = (x - mean) / sqrt(variance + epsilon) * weight + bias, over each row, with the biased variance
 * qp_rms_norm   — y = x / sqrt(mean(x^2) + epsilon) * weight
 * x        [rows, columns];  weight, bias [1, columns] or empty
 * returns  [rows, columns]
 * Memory   the output and 2 reals per row (RMS norm: 1).
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Ba, Kiros & Hinton 2016; RMS norm: Zhang & Sennrich 2019. */
qp_tensor qp_layer_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon);
qp_tensor qp_rms_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_real epsilon);

/* qp_norm_heads — the same norms over each head separately: of x's heads of `width` columns the first heads[0] are
 * normalised with weight[0], the next heads[1] with weight[1] (queries and keys); columns after them are copied
 * weight, bias  [1, width] or empty;  centred: layer norm, else RMS norm
 * returns  [rows, columns of x]
 * Memory   the output and 2 reals per head and row.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Henry et al. 2020; RMS norm: Qwen3, 2025. */
typedef struct {
    int heads[2], width;
    qp_tensor weight[2], bias[2];
    qp_real epsilon;
    bool centred;
} qp_head_norms;
qp_tensor qp_norm_heads(qp_tape *tape, qp_tensor x, const qp_head_norms *norms);

#endif
