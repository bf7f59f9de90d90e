#ifndef QP_NOISE_H
#define QP_NOISE_H

#include "lib/grad/tape.h"

/* qp_noise — y = x + deviation * n in QP_TRAIN, n drawn from the normal distribution by the step's key and the element's
 * number; x itself otherwise, without drawing a key. The gradient passes unchanged.
 * Memory   one real an element.         Source  Bishop 1995, "Training with noise is equivalent to Tikhonov
 *                                               regularization" */
qp_tensor qp_noise(qp_tape *tape, qp_tensor x, qp_real deviation);

#endif
