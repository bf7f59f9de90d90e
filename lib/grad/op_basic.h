#ifndef QP_OP_BASIC_H
#define QP_OP_BASIC_H

#include "lib/grad/tape.h"
#include "lib/tensor/pointwise.h"

/* qp_add y = a + b.   qp_scale y = factor*x.   qp_multiply y = a*b elementwise.   All [rows, columns]. */
qp_tensor qp_add(qp_tape *tape, qp_tensor a, qp_tensor b);
qp_tensor qp_scale(qp_tape *tape, qp_tensor x, qp_real factor);
qp_tensor qp_multiply(qp_tape *tape, qp_tensor a, qp_tensor b);

/* qp_activation — y = f(x); kinds and equations in tensor/pointwise.h; slope for leaky_relu and elu. */
qp_tensor qp_activation(qp_tape *tape, qp_tensor x, qp_activation_kind kind, qp_real slope);

/* qp_softmax, qp_log_softmax — over each row of x/temperature; -inf in x gives probability exactly 0. */
qp_tensor qp_softmax(qp_tape *tape, qp_tensor x, qp_real temperature);
qp_tensor qp_log_softmax(qp_tape *tape, qp_tensor x, qp_real temperature);

/* qp_gather — y[r] = x[row[r]], rows may repeat or be left out. row [rows]. */
qp_tensor qp_gather(qp_tape *tape, qp_tensor x, int rows, const int32_t *row);

#endif
