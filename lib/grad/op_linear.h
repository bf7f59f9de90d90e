#ifndef QP_OP_LINEAR_H
#define QP_OP_LINEAR_H

#include "lib/grad/tape.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"

/* qp_linear — y = x W' + b
 * x        [rows, in];  weight [out, in];  bias [1, out] or empty
 * returns  [rows, out]
 * In QP_INFER a packed weight is used if there is one: then a row's bits do not depend on the other rows.
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_linear(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias);

/* qp_weight_product — C = beta*C + op(A) op(B) of a product with a weight or for a weight's gradient: by qp_gemm, or,
 *   if qp_tape_use_bf16 was called in this training step, by qp_gemm_bf16. */
void qp_weight_product(const qp_tape *tape, qp_gemm_form form, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c);

/* qp_linear_values — the same product into y [rows, out], for operations that have a backward of their own: shapes are
 *   not checked, nothing is recorded. */
void qp_linear_values(const qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_tensor y);

/* qp_feed_forward — the position-wise block of a transformer, as one tape entry
 *   plain  y = dropout(f(x W1' + b1)) W2' + b2            gated  y = dropout(f(x G' + bg) * (x W1' + b1)) W2' + b2
 * x        [rows, d]
 * w        inner W1 [hidden, d]; gate G [hidden, d] or empty (plain); outer W2 [d, hidden]; biases [1, .] or empty
 * returns  [rows, d]
 * Memory   per row hidden reals where f' is computed from f(x) (relu, tanh, ...), else 2*hidden; gated: hidden more.
 *          Above QP_FEED_FORWARD_ROWS rows nothing is kept: so many rows run at a time, and the backward computes their
 *          hidden layer again (a sequence so long spends its time in attention).
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Vaswani et al. 2017; gated: Shazeer 2020. */
typedef struct {
    qp_tensor inner, inner_bias, gate, gate_bias, outer, outer_bias;
    qp_activation_kind activation;
    qp_real dropout; /* on the hidden layer */
} qp_feed_forward_weights;
enum { QP_FEED_FORWARD_ROWS = 4096 };
qp_tensor qp_feed_forward(qp_tape *tape, qp_tensor x, const qp_feed_forward_weights *w);

#endif
