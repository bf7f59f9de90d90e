#ifndef QP_OP_LINEAR_H
#define QP_OP_LINEAR_H

#include "lib/grad/tape.h"
#include "lib/tensor/pointwise.h"

/* qp_linear — y = x W' + b
 * x [rows, in], weight [out, in], bias [1, out] or an empty tensor      returns [rows, out]
 * In QP_INFER a weight with a packed copy goes through it: a row's result does not depend on its neighbours.
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_linear(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias);

/* qp_feed_forward — the position-wise block, one tape entry
 *   plain  y = dropout(f(x W1' + b1)) W2' + b2            gated  y = dropout(f(x G' + bg) * (x W1' + b1)) W2' + b2
 * x [rows, d]; inner [hidden, d]; gate [hidden, d] or empty (plain); outer [d, hidden]; biases empty or [1, .]
 * Memory  hidden reals per row (kinds whose derivative is made of the output), 2*hidden (others), 3*hidden (gated).
 * Source  Vaswani et al. 2017; gated: Shazeer 2020. */
typedef struct {
    qp_tensor inner, inner_bias, gate, gate_bias, outer, outer_bias;
    qp_activation_kind activation;
    qp_real dropout; /* on the hidden layer */
} qp_feed_forward_weights;
qp_tensor qp_feed_forward(qp_tape *tape, qp_tensor x, const qp_feed_forward_weights *w);

#endif
