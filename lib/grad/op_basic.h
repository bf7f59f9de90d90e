#ifndef QP_OP_BASIC_H
#define QP_OP_BASIC_H

#include "lib/grad/tape.h"
#include "lib/tensor/pointwise.h"

/* The elementwise operations, softmax and gather. Arguments and results are [rows, columns].
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */

/* qp_add       y = a + b
 * qp_scale     y = factor*x
 * qp_multiply  y = a*b, element by element */
qp_tensor qp_add(qp_tape *tape, qp_tensor a, qp_tensor b);
qp_tensor qp_scale(qp_tape *tape, qp_tensor x, qp_real factor);
qp_tensor qp_multiply(qp_tape *tape, qp_tensor a, qp_tensor b);

/* qp_activation — y = f(x); kinds and equations: lib/tensor/pointwise.h; slope: of leaky_relu and elu. */
qp_tensor qp_activation(qp_tape *tape, qp_tensor x, qp_activation_kind kind, qp_real slope);

/* qp_softmax, qp_log_softmax — over each row of x/temperature, temperature > 0; -inf in x gives probability 0. */
qp_tensor qp_softmax(qp_tape *tape, qp_tensor x, qp_real temperature);
qp_tensor qp_log_softmax(qp_tape *tape, qp_tensor x, qp_real temperature);

/* qp_gather — y[r] = x[row[r]]; a row of x may be read several times or never.
 * row      [rows], borrowed until the backward
 * returns  [rows, columns of x] */
qp_tensor qp_gather(qp_tape *tape, qp_tensor x, int rows, const int32_t *row);

#endif
