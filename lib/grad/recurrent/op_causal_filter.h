#ifndef QP_OP_CAUSAL_FILTER_H
#define QP_OP_CAUSAL_FILTER_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_causal_filter — a short filter over the past of every channel separately, with a state, so that a sequence can be
 * read in parts:  y_t[c] = bias[c] + sum_j weight[c, j] * x_{t - size + 1 + j}[c]
 * x        [rows, C];  s its sequences, end to end, together all rows of x
 * weight   [C, size];  bias [1, C]
 * first    [sequences, (size-1)*C] the rows before each sequence, receives no gradient; empty: zeros
 * last     receives the last size-1 rows of each sequence, without a gradient; NULL: not wanted
 * returns  [rows, C]
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * A row's bits depend on its sequence alone. (op_convolution.h has the general case, without a state.) */
qp_tensor qp_causal_filter(qp_tape *tape, qp_tensor x, qp_sequences s, qp_tensor weight, qp_tensor bias,
                           qp_tensor first, qp_tensor *last);

#endif
