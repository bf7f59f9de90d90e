#ifndef QP_RECURRENCE_PRODUCTS_H
#define QP_RECURRENCE_PRODUCTS_H

#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/gemm_packed.h"

/* recurrence_products — products of a whole pass, forward and backward, and the packed weights of its steps. */

/* Packed weights of the products of each step; empty where the cell has none. */
typedef struct {
    qp_packed recurrent, gated, projection;
} qp_recurrence_packed;

/* qp_recurrence_pack — packs U, V and P for x W', or transposed for the way back, in the tape's memory. */
qp_recurrence_packed qp_recurrence_pack(qp_tape *tape, const qp_recurrent_run *run, bool transposed);

/* qp_recurrence_input      — gates = x W' + b, for all steps in one product
 * qp_recurrence_input_back — dx += da W, da [rows, gates*hidden] the gates' gradients; with a window of two tokens
 *                            the gradients of both are added */
void qp_recurrence_input(qp_tape *tape, qp_recurrent_run *run);
void qp_recurrence_input_back(qp_tape *tape, qp_recurrent_run *run);

/* qp_recurrence_weight_back — dW += d' input, over all steps; d [rows, outputs of W], its rows `stride` apart, input
 *                             [rows, inputs of W]
 * qp_recurrence_bias_back   — db += sum of the rows of d
 * Neither does anything for an empty weight. */
void qp_recurrence_weight_back(qp_tape *tape, const qp_recurrent_run *run, qp_tensor weight, const qp_real *d,
                               int stride, const qp_real *input);
void qp_recurrence_bias_back(qp_tape *tape, int rows, qp_tensor bias, const qp_real *d);

#endif
