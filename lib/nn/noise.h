#ifndef QP_NOISE_H
#define QP_NOISE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* noise — random changes of activations while training (QP_TRAIN). In inference, and with rate or deviation 0, each
 * returns x itself and draws no key. Memory: one real an element. */

/* qp_noise — y = x + deviation * n, n normal by the step's key and the element's number. The gradient passes
 *   unchanged.
 * Source  Bishop 1995, "Training with noise is equivalent to Tikhonov regularization". */
qp_tensor qp_noise(qp_tape *tape, qp_tensor x, qp_real deviation);

/* qp_type_drop — dropout of whole words: x [rows, columns] are embeddings, row r of word id[r]. A word of the
 * vocabulary is dropped everywhere in the pass with probability `rate`; the others are divided by 1 - rate.
 * Source  Gal & Ghahramani 2016, section 4.2; Merity et al. 2018. */
qp_tensor qp_type_drop(qp_tape *tape, qp_tensor x, const int32_t *id, qp_real rate);

/* qp_branch_drop — stochastic depth: the branch x [rows, columns] of a residual connection is dropped with probability
 * `rate`, else divided by 1 - rate; drawn for each sequence or once for all. The sequences cover all rows, end to end.
 * Source  Huang et al. 2016; by sequence: Touvron et al. 2021, section 3. */
qp_tensor qp_branch_drop(qp_tape *tape, qp_tensor x, qp_sequences sequences, qp_real rate, bool by_sequence);

#endif
