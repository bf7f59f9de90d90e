#ifndef QP_OP_LOSS_ELEMENT_H
#define QP_OP_LOSS_ELEMENT_H

#include "lib/grad/loss/op_loss.h"

/* Losses that compare each element x with a target t; c is the loss's constant, d = x - t. */
typedef enum {
    QP_LOSS_BCE,   /* max(x, 0) - x t + log(1 + exp(-|x|)): -t log p - (1-t) log(1-p), p = sigmoid(x); t in [0, 1] */
    QP_LOSS_MSE,   /* d^2 */
    QP_LOSS_L1,    /* |d|; gradient 0 where d = 0 */
    QP_LOSS_HUBER, /* d^2/2 where |d| <= c, else c (|d| - c/2); c > 0                                   Huber 1964 */
    QP_LOSS_SMOOTH_L1, /* d^2/(2 c) where |d| < c, else |d| - c/2; c > 0                                Girshick 2015 */
    QP_LOSS_LOG_COSH,  /* log cosh d */
    QP_LOSS_POISSON,   /* exp(x) - t x: x the logarithm of a rate, t a count */
    QP_LOSS_QUANTILE,  /* max(c (t - x), (c-1)(t - x)): x the quantile c of t                  Koenker & Bassett 1978 */
    QP_LOSS_HINGE,     /* max(0, c - t x), t is -1 or 1                                       Cortes & Vapnik 1995 */
    QP_LOSS_KL,        /* t (log t - x), 0 where t = 0: x log-probabilities, t probabilities  Kullback & Leibler 1951 */
    QP_LOSS_KL_LOG,    /* the same with log probabilities t: exp(t) (t - x) */
    QP_LOSS_KINDS
} qp_element_loss_kind;

/* qp_element_loss — value = the kind's function of x, t and the constant
 * x        [rows, columns]
 * target   [rows, columns] without gaps, borrowed until the backward, receives no gradient
 * returns  the sum or mean over the elements [1, 1], or each value [rows, columns]
 * Sums are in double, in a fixed order.
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_element_loss(qp_tape *tape, qp_element_loss_kind kind, qp_tensor x, const qp_real *target,
                          qp_real constant, qp_reduction reduction);

/* qp_quantile_loss — QP_LOSS_QUANTILE for several quantiles of the same targets: block q of x is compared with t as the
 *   quantile quantile[q]
 * x         [rows, count*columns], count blocks of columns
 * target    [rows, columns] without gaps, borrowed until the backward, receives no gradient
 * quantile  [count], copied
 * returns, memory, errors  as qp_element_loss */
qp_tensor qp_quantile_loss(qp_tape *tape, qp_tensor x, const qp_real *target, int count, const double *quantile,
                           qp_reduction reduction);

#endif
