#ifndef QP_WEIGHT_NOISE_H
#define QP_WEIGHT_NOISE_H

#include <stdint.h>

#include "lib/nn/params.h"

/* weight_noise — the gradient is computed at w + deviation * n, with n drawn from the standard normal distribution for
 * every update; the update itself is applied to w. Only matrices (parameters with decay) get noise, biases and norms do
 * not. The result does not depend on the number of threads: n is a function of the update's key and the element's
 * index.
 * Source  Graves 2011, "Practical variational inference for neural networks"; Graves et al. 2013. */
typedef struct {
    qp_real *clean; /* the weights while the noisy ones replace them; NULL: off */
    double deviation;
    int threads;
} qp_weight_noise;

/* qp_weight_noise_init  — deviation 0: off, no cost. Memory  one block of parameters.   Errors  QP_EMEMORY.
 * qp_weight_noise_begin — adds noise to the weights; qp_weight_noise_end restores them. */
qp_status qp_weight_noise_init(qp_weight_noise *noise, const qp_params *params, double deviation, int threads);
void qp_weight_noise_free(qp_weight_noise *noise);
void qp_weight_noise_begin(qp_weight_noise *noise, qp_params *params, uint64_t key);
void qp_weight_noise_end(qp_weight_noise *noise, qp_params *params);

#endif
