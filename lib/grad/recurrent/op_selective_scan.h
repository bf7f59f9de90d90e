#ifndef QP_OP_SELECTIVE_SCAN_H
#define QP_OP_SELECTIVE_SCAN_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_selective_scan — the recurrence of Mamba: every channel d has a state of N numbers, and what it keeps depends on
 * the token. With A = -exp(a_log) and step_t = softplus(dt_t + dt_bias)
 *   h_t[d, n] = exp(step_t[d] A[d, n]) h_{t-1}[d, n] + step_t[d] b_t[n] x_t[d]
 *   y_t[d]    = (sum_n c_t[n] h_t[d, n] + skip[d] x_t[d]) * silu(z_t[d])
 * x, dt    [rows, D];  b, c [rows, N];  z [rows, D], or empty: no gate
 * a_log    [D, N];  skip, dt_bias [1, D]
 * s        the sequences of x, end to end, together all rows of x
 * first    [sequences, D*N] h before the first token, receives no gradient; empty: zeros
 * last     receives h after the last token [sequences, D*N], whose gradient flows back; NULL: not wanted
 * returns  [rows, D]
 * Memory   the output; in QP_TRAIN 2*D*N reals a row.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * A row's bits depend on its sequence alone.   Source  Gu & Dao 2023, "Mamba". */
typedef struct {
    qp_tensor x, dt, b, c, z;
    qp_tensor a_log, skip, dt_bias;
    qp_sequences s;
    qp_tensor first;
} qp_scan;
qp_tensor qp_selective_scan(qp_tape *tape, const qp_scan *scan, qp_tensor *last);

#endif
