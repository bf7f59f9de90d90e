#ifndef QP_OP_NORM_H
#define QP_OP_NORM_H

#include "lib/grad/tape.h"

/* qp_layer_norm — y = (x - mean) / sqrt(var + epsilon) * weight + bias, over each row, biased variance
 * weight, bias [1, columns] or empty.       Memory  the output and 2 reals per row.    Source  Ba et al. 2016. */
qp_tensor qp_layer_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon);

/* qp_rms_norm — y = x / sqrt(mean(x^2) + epsilon) * weight.                            Source  Zhang & Sennrich 2019. */
qp_tensor qp_rms_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_real epsilon);

#endif
