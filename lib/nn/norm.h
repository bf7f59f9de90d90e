#ifndef QP_NORM_H
#define QP_NORM_H

#include "lib/config/config.h"
#include "lib/nn/params.h"

/* norm — a normalisation with its weights: NAME.weight [1, width] = 1, NAME.bias [1, width] = 0 (not for RMS norm).
 * Layer norm and RMS norm are over the columns of a row, batch norm over the rows of a column (op_batch_norm.h). Batch
 * norm takes mean and variance of the rows of one shard while training, else the running ones, which are sums over all
 * shards of the rows, their mean and their unbiased variance: NAME.running_sums [1, 2*width + 1], a statistic. One row
 * alone has no variance: it is read with the running ones. */
#define QP_NORM_TYPES(X) X(QP_NORM_LAYER, "layer") X(QP_NORM_RMS, "rms") X(QP_NORM_BATCH, "batch")
typedef enum { QP_NORM_TYPES(QP_CHOICE_ID) } qp_norm_kind;

typedef struct {
    int weight, bias, sums; /* parameters; -1: none */
    int width;
    qp_norm_kind kind;
    qp_real epsilon;
} qp_norm;

qp_norm qp_norm_add(qp_params *params, int width, qp_norm_kind kind, double epsilon, const char *name);

/* qp_norm_forward — x [rows, width] -> [rows, width]; see grad/op_norm.h, grad/op_batch_norm.h */
qp_tensor qp_norm_forward(const qp_norm *norm, qp_tape *tape, const qp_params *params, qp_tensor x);

#endif
