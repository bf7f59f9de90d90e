#ifndef QP_OP_DROPOUT_H
#define QP_OP_DROPOUT_H

#include "lib/grad/tape.h"

/* Dropout. A mask is a pure function of a key and of element numbers, so none is stored; in QP_INFER there is none.
 * x and the result are [rows, columns]; rate in [0, 1).
 * Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */

/* qp_dropout — y = x*keep/(1 - rate), keep drawn for every element.
 * Memory  the output.   Source  Srivastava et al. 2014. */
qp_tensor qp_dropout(qp_tape *tape, qp_tensor x, qp_real rate);

/* qp_dropout_shared — the same with one mask for all rows of a group: row r drops element c by random number
 * group[r]*columns + c of `key`. With the sequence as the group the mask is the same at every step ("variational").
 * group   [rows], borrowed until the backward
 * key     from qp_tape_next_key; calls with one key have one mask
 * Memory  the output.   Source  Gal & Ghahramani 2016. */
qp_tensor qp_dropout_shared(qp_tape *tape, qp_tensor x, const int32_t *group, uint64_t key, qp_real rate);

/* qp_residual — y = x + dropout(branch): the connection around every sublayer, as one tape entry.
 * branch  [rows, columns]; if it was made on this tape it must have no other reader, because y takes its memory */
qp_tensor qp_residual(qp_tape *tape, qp_tensor x, qp_tensor branch, qp_real rate);

#endif
