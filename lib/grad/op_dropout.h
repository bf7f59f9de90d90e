#ifndef QP_OP_DROPOUT_H
#define QP_OP_DROPOUT_H

#include "lib/grad/tape.h"

/* qp_dropout — y = x * keep / (1 - rate) in QP_TRAIN, x itself otherwise. The mask is a pure function of the step's key
 * and the element's number: nothing is stored.      Source  Srivastava et al. 2014. */
qp_tensor qp_dropout(qp_tape *tape, qp_tensor x, qp_real rate);

/* qp_dropout_shared — the same, but rows of one group have one mask: row r drops element c by the random number
 * group[r]*columns + c of `key`. With the sequence as the group, a mask stays the same over time ("variational").
 * group [rows]; key from qp_tape_next_key; several calls with one key share their masks.  Source  Gal & Ghahramani 2016. */
qp_tensor qp_dropout_shared(qp_tape *tape, qp_tensor x, const int32_t *group, uint64_t key, qp_real rate);

/* qp_residual — y = x + dropout(branch), one entry: the connection around every sublayer. x, branch [rows, columns].
 * A branch made on this tape must have no other reader: y takes its memory. */
qp_tensor qp_residual(qp_tape *tape, qp_tensor x, qp_tensor branch, qp_real rate);

#endif
