#ifndef QP_OP_SEQUENCE_H
#define QP_OP_SEQUENCE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_sequence_mean — y_i = mean over the rows of sequence i; an empty sequence gives zeros.
 * x [rows, columns]        returns [sequences, columns]
 * Memory  the output.   Errors  QP_ESHAPE for a sequence outside x, remembered by the tape. */
qp_tensor qp_sequence_mean(qp_tape *tape, qp_tensor x, qp_sequences s);

#endif
