#ifndef QP_WEIGHT_NOISE_H
#define QP_WEIGHT_NOISE_H

#include <stdint.h>

#include "lib/nn/params.h"

/* weight_noise — the gradient is taken not at the weights but near them: w + deviation * n, n drawn anew for every
 * update from the normal distribution; the update itself moves w. For matrices alone, not for biases and norms (the
 * parameters with decay). Equal for any number of threads: n is a function of the update's key and the element's number.
 * Source  Graves 2011, "Practical variational inference for neural networks"; Graves et al. 2013. */
typedef struct {
    qp_real *clean; /* the weights while the noisy ones stand in their place; NULL: off */
    double deviation;
    int threads;
} qp_weight_noise;

/* qp_weight_noise_init — deviation 0: off, costs nothing. Memory  one block of parameters.   Errors  QP_EMEMORY.
 * qp_weight_noise_begin, _end — make the weights noisy, put the clean ones back. */
qp_status qp_weight_noise_init(qp_weight_noise *noise, const qp_params *params, double deviation, int threads);
void qp_weight_noise_free(qp_weight_noise *noise);
void qp_weight_noise_begin(qp_weight_noise *noise, qp_params *params, uint64_t key);
void qp_weight_noise_end(qp_weight_noise *noise, qp_params *params);

#endif
