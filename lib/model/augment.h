#ifndef QP_AUGMENT_H
#define QP_AUGMENT_H

#include "lib/base/batch.h"
#include "lib/grad/loss/op_loss.h"

/* augment — what training does to the words and labels of a batch, so that a model does not lean on any of them
 * alone. All draws come from the tape's keys: they depend on neither threads nor the batch's place in memory. Nothing
 * happens, and no key is drawn, where a rate is 0 or the tape does not train.
 *
 * qp_word_dropout — ids of which each is QP_UNK with probability `rate`; the special ones (PAD, BOS, EOS, UNK) stay.
 *   id [rows]; returns `id` itself or a copy on the tape, NULL when that failed.
 *   Source  Bowman et al. 2016 (what a decoder reads); Gal & Ghahramani 2016, Sennrich et al. 2016 (any input).
 *
 * qp_mixup_loss — two texts and their labels in one: lambda from Beta(alpha, alpha), one for all rows, j(i) = (i +
 *   shift) mod rows with a random shift from 1 .. rows-1,
 *     z = lambda x_i + (1 - lambda) x_j(i)      loss = lambda CE(z, y_i) + (1 - lambda) CE(z, y_j(i))
 *   The mixed are scores; the last map being linear, that is the same as mixing the vectors of the texts before it.
 *   qp_mixup is the first half, qp_mixup_cross_entropy the second, of what is drawn: own [rows] the lambda of every
 *   row, other [rows] its j(i); both borrowed until the backward.
 *   A single row stays as it is.          scores [rows, labels], label [rows]
 *   Source  Zhang et al. 2018; of sentences (senMixup) Guo et al. 2019.
 * qp_beta_draw — from Beta(alpha, alpha), alpha > 0, as gammas' share.      Source  Marsaglia & Tsang 2000. */
const int32_t *qp_word_dropout(qp_tape *tape, const int32_t *id, int rows, double rate);
qp_tensor qp_mixup(qp_tape *tape, qp_tensor x, const qp_real *own, const int32_t *other);
qp_tensor qp_mixup_cross_entropy(qp_tape *tape, qp_tensor scores, const int32_t *label, const qp_real *own,
                                 const int32_t *other, qp_real smoothing);
qp_tensor qp_mixup_loss(qp_tape *tape, qp_tensor scores, const int32_t *label, double alpha,
                        const qp_cross_entropy_config *config);
double qp_beta_draw(uint64_t key, double alpha);

#endif
