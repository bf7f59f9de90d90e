#ifndef QP_OP_BATCH_NORM_H
#define QP_OP_BATCH_NORM_H

#include "lib/grad/tape.h"

/* qp_batch_norm — y = (x - m) / sqrt(v + epsilon) * weight + bias, column by column
 * x        [rows, columns], rows >= 2 in training;  weight, bias [1, columns] or empty
 * config   running_mean NULL (training): m, v are the mean and the biased variance over the rows of x
 *          else (use): m = running_mean, v = running_variance, [columns]
 *          mean, variance [columns] receive m and the unbiased variance v*n/(n-1) of the rows; may be NULL
 * returns  [rows, columns]
 * Memory   the output and 2 doubles per column.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Ioffe & Szegedy 2015. */
typedef struct {
    qp_real epsilon;
    const qp_real *running_mean, *running_variance;
    qp_real *mean, *variance;
} qp_batch_norm_config;
qp_tensor qp_batch_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias,
                        const qp_batch_norm_config *config);

#endif
