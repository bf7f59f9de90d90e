#ifndef QP_OP_GAUSSIAN_H
#define QP_OP_GAUSSIAN_H

#include "lib/grad/tape.h"

/* qp_gaussian_sample — y = mean + exp(log_variance/2) * noise: a sample of N(mean, exp log_variance) from one of N(0,
 * 1), through which mean and variance receive gradients (reparametrisation).
 * mean, log_variance  [rows, columns]
 * noise               [rows, columns] without gaps, borrowed until the backward, receives no gradient
 * returns             [rows, columns]
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source  Kingma & Welling 2014; its divergence from N(0, 1) is QP_PAIR_GAUSSIAN_KL (op_loss_pair.h). */
qp_tensor qp_gaussian_sample(qp_tape *tape, qp_tensor mean, qp_tensor log_variance, const qp_real *noise);

#endif
