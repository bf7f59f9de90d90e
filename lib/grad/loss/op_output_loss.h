#ifndef QP_OP_OUTPUT_LOSS_H
#define QP_OP_OUTPUT_LOSS_H

#include "lib/grad/tape.h"

/* qp_output_loss — cross-entropy of an output layer, in blocks of rows, without the matrix [rows, C] of its logits
 *   logits = x W' + b     value = sum over r of the cross-entropy of row r, as in op_loss.h
 * x        [rows, d];  weight [C, d];  bias [1, C] or empty
 * target   [rows], below C; negative: the row does not count
 * terms    label smoothing in [0, 1]; class weights [C] or NULL
 * returns  the sum [1, 1]
 * In QP_TRAIN the forward computes the gradients too, while a block's logits are at hand:
 *   dlogits = s*(p - t)     dx = dlogits W     dW += dlogits' x     db += sum of the rows of dlogits
 * so the tape must know its scale s = d(step)/d(value) before (qp_tape_expect_scale), and nothing may scale the value
 * on the way to the step's loss.
 * Memory   in QP_TRAIN dx; while it runs the logits of at most qp_output_loss_rows(C) rows.
 * Errors   QP_ESHAPE, QP_EMEMORY; QP_EBUG in the backward: another scale. Remembered by the tape. */
typedef struct {
    qp_real smoothing;
    const qp_real *weight;
} qp_output_loss_terms;
qp_tensor qp_output_loss(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, const int32_t *target,
                         const qp_output_loss_terms *terms);

/* qp_output_loss_rows — rows of a block, from the number of classes alone: 384, the depth of a block of the product
 * that makes dW, so that the gradients have the bits of the whole matrix's (AVX-512) and dW is not read and written
 * more often (96 rows: 5 % slower in an LSTM with 8,000 words); fewer where a block would exceed 25 MB, but at least
 * 96; more where they take less than 3 MB. */
int qp_output_loss_rows(int classes);

#endif
