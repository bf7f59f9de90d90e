#ifndef QP_OP_SEQUENCE_H
#define QP_OP_SEQUENCE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_sequence_mean — y_i = mean over the rows of sequence i; an empty sequence gives zeros.
 * x [rows, columns]        returns [sequences, columns]
 * Memory  the output.   Errors  QP_ESHAPE for a sequence outside x, remembered by the tape. */
qp_tensor qp_sequence_mean(qp_tape *tape, qp_tensor x, qp_sequences s);

/* qp_sequence_scale — y_r = factor_i x_r for every row r of sequence i.
 * x [rows, columns]; the sequences lie end to end and are all of it; factor [sequences], borrowed until the backward
 * Memory  the output.   Errors  QP_ESHAPE for sequences that are not all of x, remembered by the tape. */
qp_tensor qp_sequence_scale(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_real *factor);

#endif
