#ifndef QP_OP_LOSS_ELEMENT_H
#define QP_OP_LOSS_ELEMENT_H

#include "lib/grad/op_loss.h"

/* op_loss_element — losses that compare every element of x with one of a target
 * x [rows, columns]; target [rows, columns], without gaps, borrowed until the backward, receives no gradient
 * QP_SUM the sum [1, 1]; QP_MEAN the sum divided by the number of elements [1, 1]; QP_NONE each value [rows, columns]
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. Sums run in double, in one order.
 *
 * qp_bce_with_logits  max(x, 0) - x t + log(1 + exp(-|x|)): -t log p - (1-t) log(1-p), p = sigmoid(x); t in [0, 1]
 * qp_mse              (x - t)^2
 * qp_l1               |x - t|; gradient 0 where x = t
 * qp_huber            d^2/2 where |d| <= delta, else delta (|d| - delta/2), d = x - t; delta > 0   Huber 1964
 * qp_hinge            max(0, margin - t x), t is -1 or 1                                      Cortes & Vapnik 1995
 * qp_kl_divergence    t (log t - x), 0 where t = 0: x are log-probabilities, t probabilities; with log_target
 *                     exp(t) (t - x)                                                        Kullback & Leibler 1951 */
qp_tensor qp_bce_with_logits(qp_tape *tape, qp_tensor x, const qp_real *target, qp_reduction reduction);
qp_tensor qp_mse(qp_tape *tape, qp_tensor x, const qp_real *target, qp_reduction reduction);
qp_tensor qp_l1(qp_tape *tape, qp_tensor x, const qp_real *target, qp_reduction reduction);
qp_tensor qp_huber(qp_tape *tape, qp_tensor x, const qp_real *target, qp_real delta, qp_reduction reduction);
qp_tensor qp_hinge(qp_tape *tape, qp_tensor x, const qp_real *target, qp_real margin, qp_reduction reduction);
qp_tensor qp_kl_divergence(qp_tape *tape, qp_tensor x, const qp_real *target, bool log_target, qp_reduction reduction);

#endif
