#ifndef QP_OP_SEQUENCE_H
#define QP_OP_SEQUENCE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_sequence_mean — y_i = mean of the rows of sequence i; an empty sequence gives zeros.
 * x        [rows, columns]
 * returns  [sequences, columns]
 * Memory   the output.   Errors  QP_ESHAPE for a sequence outside x, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_sequence_mean(qp_tape *tape, qp_tensor x, qp_sequences s);

/* qp_sequence_scale — y_r = factor_i*x_r for every row r of sequence i.
 * x        [rows, columns];  s  end to end, together all rows of x
 * factor   [sequences], borrowed until the backward, receives no gradient
 * returns  [rows, columns]
 * Memory   the output.   Errors  QP_ESHAPE for sequences that are not all of x, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_sequence_scale(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_real *factor);

/* qp_rows_one_each — sequences of one row each, memory of the tape; .start NULL: out of memory. */
qp_sequences qp_rows_one_each(qp_tape *tape, int count);

#endif
