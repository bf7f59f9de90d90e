#ifndef QP_NOISE_H
#define QP_NOISE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_noise — y = x + deviation * n in QP_TRAIN, n drawn from the normal distribution by the step's key and the
 *   element's
 * number; x itself otherwise, without drawing a key. The gradient passes unchanged.
 * Memory   one real an element.         Source  Bishop 1995, "Training with noise is equivalent to Tikhonov
 *                                               regularization" */
qp_tensor qp_noise(qp_tape *tape, qp_tensor x, qp_real deviation);

/* qp_type_drop — embeddings of words (x [rows, columns], word id[r] at row r): a word of the vocabulary is left out
 *   in the
 * whole pass with probability `rate` in QP_TRAIN, wherever it stands, and divided by 1 - rate where it stays; x itself
 * otherwise, without drawing a key.
 * Memory   one real an element.         Source  Gal & Ghahramani 2016, section 4.2; Merity et al. 2018 */
qp_tensor qp_type_drop(qp_tape *tape, qp_tensor x, const int32_t *id, qp_real rate);

/* qp_branch_drop — stochastic depth: the branch of a residual connection is left out with probability `rate` in
 *   QP_TRAIN,
 * and divided by 1 - rate where it stays; x itself otherwise, without drawing a key. One draw a sequence, or one for
 * all. x [rows, columns]; the sequences lie end to end and are all of it
 * Memory   one real an element.         Source  Huang et al. 2016; by sequence: Touvron et al. 2021, section 3 */
qp_tensor qp_branch_drop(qp_tape *tape, qp_tensor x, qp_sequences sequences, qp_real rate, bool by_sequence);

#endif
