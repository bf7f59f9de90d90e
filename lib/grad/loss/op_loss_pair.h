#ifndef QP_OP_LOSS_PAIR_H
#define QP_OP_LOSS_PAIR_H

#include "lib/grad/loss/op_loss.h"

/* Losses of two rows a, b: the vectors of a siamese network, two passes of one network, mean and log variance. t is the
 * row's target, c the loss's constant. */
typedef enum {
    QP_PAIR_COSINE,       /* t > 0: 1 - cos(a, b), else max(0, cos(a, b) - c) */
    QP_PAIR_CONTRASTIVE,  /* t > 0: |a-b|^2, else max(0, c - |a-b|)^2                          Hadsell et al. 2006 */
    QP_PAIR_RANKING,      /* sum over columns of max(0, c - t (a - b)), t = 1: a should be larger, -1: b */
    QP_PAIR_SYMMETRIC_KL, /* (KL(p||q) + KL(q||p))/2, p = softmax(a), q = softmax(b); no target: R-Drop,
                             Wu et al. 2021 */
    QP_PAIR_GAUSSIAN_KL,  /* -1/2 sum(1 + b - a^2 - exp(b)): N(a, exp b) from N(0, 1); no target
                             Kingma & Welling 2014 */
    QP_PAIR_GAUSSIAN_NLL, /* 1/2 sum(log 2pi + b + (t - a)^2/exp(b)); t [rows, columns]         Nix & Weigend 1994 */
    QP_PAIR_KINDS
} qp_pair_loss_kind;

/* qp_pair_loss — value[r] as the kind says
 * qp_triplet_loss — value[r] = max(0, |anchor - positive| - |anchor - negative| + margin); squared: of the squares
 *   of the two distances     Schroff et al. 2015
 * a, b, anchor, positive, negative  [rows, columns], all receive gradients
 * target   [rows] or as the kind says, borrowed until the backward, receives no gradient
 * returns  the sum or mean over the rows [1, 1], or a column [rows, 1]
 * Sums are in double, in a fixed order.
 * Memory   the output; a few rows of doubles as scratch.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_pair_loss(qp_tape *tape, qp_pair_loss_kind kind, qp_tensor a, qp_tensor b, const qp_real *target,
                       qp_real constant, qp_reduction reduction);
qp_tensor qp_triplet_loss(qp_tape *tape, qp_tensor anchor, qp_tensor positive, qp_tensor negative, qp_real margin,
                          bool squared, qp_reduction reduction);

#endif
