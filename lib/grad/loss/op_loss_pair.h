#ifndef QP_OP_LOSS_PAIR_H
#define QP_OP_LOSS_PAIR_H

#include "lib/grad/loss/op_loss.h"

/* Losses of two rows a, b (vectors of a siamese network, two passes of one, mean and log variance); t the row's target,
 * c the loss's constant. */
typedef enum {
    QP_PAIR_COSINE,      /* t > 0: 1 - cos(a, b), else max(0, cos(a, b) - c) */
    QP_PAIR_CONTRASTIVE, /* t > 0: |a-b|^2, else max(0, c - |a-b|)^2                              Hadsell et al. 2006 */
    QP_PAIR_RANKING,     /* sum over columns of max(0, c - t (a - b)), t = 1: a should be the larger one */
    QP_PAIR_SYMMETRIC_KL, /* (KL(p||q) + KL(q||p))/2, p = softmax(a), q = softmax(b); no target; R-Drop, Wu et al. 2021 */
    QP_PAIR_GAUSSIAN_KL, /* -1/2 sum(1 + b - a^2 - exp(b)): N(a, exp b) from N(0, 1); no target  Kingma & Welling 2014 */
    QP_PAIR_GAUSSIAN_NLL, /* 1/2 sum(log 2pi + b + (t - a)^2/exp(b)); t [rows, columns]          Nix & Weigend 1994 */
    QP_PAIR_KINDS
} qp_pair_loss_kind;

/* qp_pair_loss, qp_triplet_loss — value[r] of the kind
 *   triplet: max(0, |anchor - positive| - |anchor - negative| + margin)                          Schroff et al. 2015
 * a, b, anchor, positive, negative [rows, columns], all receive gradients; target [rows] (see the kinds), borrowed until
 * the backward, receives none
 * QP_SUM the sum [1, 1]; QP_MEAN divided by the rows [1, 1]; QP_NONE the column [rows, 1]
 * Memory  the output; a few rows of doubles while it works.
 * Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. Sums run in double, in one order. */
qp_tensor qp_pair_loss(qp_tape *tape, qp_pair_loss_kind kind, qp_tensor a, qp_tensor b, const qp_real *target,
                       qp_real constant, qp_reduction reduction);
qp_tensor qp_triplet_loss(qp_tape *tape, qp_tensor anchor, qp_tensor positive, qp_tensor negative, qp_real margin,
                          qp_reduction reduction);

/* qp_info_nce — each row of a should know its own row of b among all of them, and the other way
 *   s = unit(a) unit(b)'/temperature;  the mean of -log softmax(s)_rr over the rows of s and over its columns [1, 1]
 * a, b [rows, columns], no row of zeros; temperature > 0.   Memory  rows^2 + 2 rows*columns reals on the tape.
 * Source  van den Oord et al. 2018, Radford et al. 2021 (both ways). */
qp_tensor qp_info_nce(qp_tape *tape, qp_tensor a, qp_tensor b, qp_real temperature);

#endif
