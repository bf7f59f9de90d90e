#ifndef QP_STEP_WEIGHTS_H
#define QP_STEP_WEIGHTS_H

#include "lib/grad/tape.h"
#include "lib/tensor/gemm_packed.h"

/* step_weights — weights that one pass uses again and again with few rows: those of a decoder that reads its target step
 * by step, because every step needs what the last one looked at.
 *
 * Such a product costs little, but laying the weight out for it, and adding [out, in] numbers to its gradient, cost the
 * same however few the rows. So a weight is laid out once a pass, and the rows that its gradient is the product of are
 * put aside until there are many.
 *
 * qp_tape_stepping(tape, true) .. (tape, false) — the operations recorded between the two are steps. */
void qp_tape_stepping(qp_tape *tape, bool stepping);

/* qp_step_weight — whether the weight is to be treated so: a parameter, met at a step. To be asked in the forward;
 * an operation keeps the answer for its backward. */
bool qp_step_weight(qp_tape *tape, qp_tensor weight);

/* qp_step_packed — W [n, k], or its transpose, laid out for qp_gemm_packed; lives until the next qp_tape_begin. Memory
 * is taken at the first call for a weight, so not between qp_tape_mark and qp_tape_rewind. NULL: the tape has failed. */
const qp_packed *qp_step_packed(qp_tape *tape, qp_tensor weight, bool transposed);

/* qp_step_gradient — dW += d' x, now or before qp_tape_backward returns; d [rows, n], x [rows, k] are copied. The order of
 * additions is that of the calls, QP_STEP_ROWS rows at a time. The same about mark and rewind.
 * qp_step_gradients_finish — what qp_tape_backward does at its end: the rows that are still put aside. */
enum { QP_STEP_ROWS = 256 };
void qp_step_gradient(qp_tape *tape, qp_tensor weight, int rows, const qp_real *d, int d_stride, const qp_real *x,
                      int x_stride);
void qp_step_gradients_finish(qp_tape *tape);

#endif
