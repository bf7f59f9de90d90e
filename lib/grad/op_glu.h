#ifndef QP_OP_GLU_H
#define QP_OP_GLU_H

#include "lib/grad/tape.h"
#include "lib/tensor/pointwise.h"

/* qp_glu — gated linear unit: y = a*f(b), x = [a | b], two halves of the columns
 * x        [rows, 2*columns]
 * kind     f: QP_SIGMOID GLU, QP_SILU SwiGLU, QP_GELU or QP_GELU_TANH GEGLU, QP_RELU ReGLU, QP_IDENTITY bilinear
 * returns  [rows, columns]
 * Memory  the output.   Errors  QP_ESHAPE (an odd number of columns), QP_EMEMORY, remembered by the tape.
 * Source  Dauphin et al. 2017; the other kinds: Shazeer 2020. */
qp_tensor qp_glu(qp_tape *tape, qp_tensor x, qp_activation_kind kind);

#endif
