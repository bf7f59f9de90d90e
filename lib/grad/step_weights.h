#ifndef QP_STEP_WEIGHTS_H
#define QP_STEP_WEIGHTS_H

#include "lib/grad/tape.h"
#include "lib/tensor/gemm_packed.h"

/* step_weights — weights that one pass multiplies many times with few rows: those of a recurrent decoder with
 * attention, whose steps cannot be joined because each needs the context of the one before.
 *
 * Packing a weight, and adding [out, in] numbers to its gradient, costs the same however few the rows are. So a
 * weight is packed once per pass, and the two factors of its gradient are collected until there are QP_STEP_ROWS rows.
 *
 * qp_tape_stepping(tape, true) .. (tape, false) — operations recorded between the two calls are steps. */
void qp_tape_stepping(qp_tape *tape, bool stepping);

/* qp_step_weight — whether `weight` is a parameter used by a step. Ask in the forward, and keep the answer for the
 * backward. */
bool qp_step_weight(qp_tape *tape, qp_tensor weight);

/* qp_step_packed — W [n, k], or its transpose, packed for qp_gemm_packed; lives until the next qp_tape_begin.
 * Memory  taken at the first call for a weight: do not call between qp_tape_mark and qp_tape_rewind.
 * Errors  NULL: QP_EMEMORY, remembered by the tape. */
const qp_packed *qp_step_packed(qp_tape *tape, qp_tensor weight, bool transposed);

/* qp_step_gradient — dW += d' x, at the latest before qp_tape_backward returns. Rows are added in the order of the
 * calls, QP_STEP_ROWS rows at a time, so the bits do not depend on how the rows are split into calls.
 * d       [rows, n]; x [rows, k]: copied
 * Memory  QP_STEP_ROWS*(n + k) reals at the first call for a weight: not between qp_tape_mark and qp_tape_rewind.
 * Errors  QP_EMEMORY, remembered by the tape. */
enum { QP_STEP_ROWS = 256 };
void qp_step_gradient(qp_tape *tape, qp_tensor weight, qp_matrix d, qp_matrix x);

#endif
