#ifndef QP_OP_LOSS_H
#define QP_OP_LOSS_H

#include <stdint.h>

#include "lib/grad/tape.h"

typedef enum { QP_SUM, QP_MEAN, QP_NONE } qp_reduction;

/* qp_cross_entropy — with p = softmax(logits), w = weight (1 if NULL), y = target, e = smoothing, C = classes
 *   value[r] = (1-e)*(-w[y] log p[y]) + e/C * sum_c(-w[c] log p[c]);   0 where target[r] < 0
 *   QP_SUM the sum [1,1]; QP_MEAN sum / sum of w[y] over the counted rows [1,1]; QP_NONE the column [rows, 1]
 * logits [rows, C]; target [rows]. With QP_SUM and QP_MEAN the logits' own memory becomes their gradient: the loss is
 * the only and last reader of logits in a training step (49 MB less for a vocabulary of 8,000); keep_logits forbids it.
 * Source  Szegedy et al. 2016 (smoothing). */
typedef struct {
    qp_reduction reduction;
    qp_real smoothing;
    const qp_real *weight;
    bool keep_logits;
} qp_cross_entropy_config;
qp_tensor qp_cross_entropy(qp_tape *tape, qp_tensor logits, const int32_t *target,
                           const qp_cross_entropy_config *config);

/* qp_soft_cross_entropy — rows of -sum_c t_c log p_c, target [rows, C] a distribution; no gradient to the target. */
qp_tensor qp_soft_cross_entropy(qp_tape *tape, qp_tensor logits, const qp_real *target, qp_reduction reduction);

#endif
