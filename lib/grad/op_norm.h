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

#endif
