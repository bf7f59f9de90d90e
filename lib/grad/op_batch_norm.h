#ifndef QP_OP_BATCH_NORM_H
#define QP_OP_BATCH_NORM_H

#include "lib/grad/tape.h"

/* qp_batch_norm — y = (x - m) / sqrt(v + epsilon) * weight + bias, column by column
 *   running_mean NULL   m, v are the mean and the biased variance over the rows (training)
 *   otherwise           m, v are running_mean, running_variance [columns] (use)
 * x [rows, columns], rows >= 2 in training; weight, bias [1, columns] or empty      returns [rows, columns]
 * mean, variance  receive m and the unbiased variance v*n/(n-1) of the rows, [columns]; may be NULL
 * The operation does not touch the running statistics: shards share them, and the caller lets them follow, shard after
 * shard in one order, by
 * qp_batch_norm_follow — running = (1 - momentum)*running + momentum*batch's, for both; momentum 1/t at the t-th batch makes
 * it the mean over all batches
 * Memory  the output and 2 reals a column.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source  Ioffe & Szegedy 2015. */
typedef struct {
    qp_real epsilon;
    const qp_real *running_mean, *running_variance;
    qp_real *mean, *variance;
} qp_batch_norm_config;
qp_tensor qp_batch_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias,
                        const qp_batch_norm_config *config);

void qp_batch_norm_follow(int columns, qp_real momentum, const qp_real *mean, const qp_real *variance,
                          qp_real *running_mean, qp_real *running_variance);

#endif
