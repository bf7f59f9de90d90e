#ifndef QP_OP_BAG_H
#define QP_OP_BAG_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_bag — one vector for each sequence: the weighted sum of its ids' rows, in any order
 *   y_i = bias + sum_r s_r table[id_r],   s_r = weight[id_r] / sqrt(sum_r weight[id_r]^2), r over sequence i
 * table    [vocabulary, d]
 * bias     [1, d]
 * bag      ids of count sequences, each in 0 .. vocabulary-1; a sequence without weight gives the bias
 * weight   [vocabulary], constants
 * returns  [count, d]
 * Memory   one real for each id, until the next qp_tape_begin.
 * Errors   QP_ESHAPE for an id outside the table or a bias of another width, remembered by the tape.
 * Source   Joulin et al. 2017 (fastText); the weights: Wang & Manning 2012. */
qp_tensor qp_bag(qp_tape *tape, qp_tensor table, qp_tensor bias, qp_ids bag, const qp_real *weight);

#endif
