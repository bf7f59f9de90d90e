#ifndef QP_OP_LOSS_H
#define QP_OP_LOSS_H

#include <stdint.h>

#include "lib/grad/tape.h"

/* qp_reduction — from the values of rows (or elements) to the result: their sum [1, 1], their mean [1, 1], or each
 *   one. */
typedef enum { QP_SUM, QP_MEAN, QP_NONE } qp_reduction;

/* qp_cross_entropy — with p = softmax(logits), w = weight (1 if NULL), y = target, e = smoothing, C = classes
 *   value[r] = row_weight[r] * ((1-e)*(-w[y] log p[y]) + e/C * sum_c(-w[c] log p[c]));   0 where target[r] < 0
 * logits   [rows, C]
 * target   [rows], below C, borrowed until the backward; negative: the row does not count
 * config   QP_SUM: the sum [1, 1]; QP_MEAN: the sum divided by the sum of row_weight[r] w[y] over the rows that count
 *          [1, 1]; QP_NONE: a column [rows, 1]
 * With QP_SUM and QP_MEAN the gradient overwrites the logits, whose last reader the loss is in a training step (49 MB
 * less for a vocabulary of 8,000); keep_logits prevents it.
 * Memory   the output; QP_NONE or keep_logits: a gradient [rows, C].
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   label smoothing: Szegedy et al. 2016. */
typedef struct {
    qp_reduction reduction;
    qp_real smoothing;     /* in [0, 1] */
    const qp_real *weight; /* [C], borrowed until the backward; or NULL */
    const qp_real *row_weight; /* [rows], likewise: the value of a row counts so many times */
    bool keep_logits;
} qp_cross_entropy_config;
qp_tensor qp_cross_entropy(qp_tape *tape, qp_tensor logits, const int32_t *target,
                           const qp_cross_entropy_config *config);

/* qp_soft_cross_entropy — value[r] = -sum_c t_c log p_c, p = softmax(logits[r]), against a distribution t
 * logits   [rows, C]
 * target   [rows, C] without gaps, borrowed until the backward, receives no gradient
 * returns  the sum or mean over the rows [1, 1], or a column [rows, 1]
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_soft_cross_entropy(qp_tape *tape, qp_tensor logits, const qp_real *target, qp_reduction reduction);

#endif
