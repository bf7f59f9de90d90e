#ifndef QP_PENALTY_H
#define QP_PENALTY_H

#include "lib/grad/tape.h"

/* penalty — terms that a step minimizes beside its loss and that come from inside a model: the balance of experts, the
 * coverage of a source, the distance from a codebook. Modules add them while they run; the code that makes the loss
 * takes them.
 *
 * qp_penalty_add — adds weight * x to the penalty of this step; x [1, 1] is a mean over rows. In QP_INFER, where a loss
 *   is a measurement, nothing.
 * qp_penalty_take — their sum [1, 1], which is then empty; an empty tensor if there was none. */
void qp_penalty_add(qp_tape *tape, qp_tensor x, qp_real weight);
qp_tensor qp_penalty_take(qp_tape *tape);

#endif
