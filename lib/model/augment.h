#ifndef QP_AUGMENT_H
#define QP_AUGMENT_H

#include "lib/base/batch.h"
#include "lib/grad/loss/op_loss.h"

/* augment — random changes to the words and labels of a batch while training. All draws come from the tape's keys,
 * so they depend neither on threads nor on memory addresses. With a rate of 0, or if the tape does not train, nothing
 * changes and no key is drawn.
 *
 * qp_word_dropout — replace each id by the unknown token with probability `rate`, but no special id.
 *   id [rows]; returns `id` itself or a copy on the tape; NULL when the tape has failed.
 *   Source  Bowman et al. 2016 (decoder input); Gal & Ghahramani 2016, Sennrich et al. 2016 (any input).
 *
 * qp_word_noise — leave out each word of a text with probability `drop` (one word stays), then let words move by at
 *   most `swap` places: they are sorted by i + u_i, i their place, u_i uniform in [0, swap + 1). Special ids stay, and
 *   no word crosses one. Returns the text itself or a changed one on the tape.
 *   Source  Lample et al. 2018; Iyyer et al. 2015 (dropping).
 *
 * qp_mixup_loss — mix each row with another: lambda from Beta(alpha, alpha), one for all rows; j(i) = (i + shift)
 *   mod rows with a random shift from 1 .. rows-1;
 *     z = lambda x_i + (1 - lambda) x_j(i)      loss = lambda CE(z, y_i) + (1 - lambda) CE(z, y_j(i))
 *   The scores are mixed; the output layer is linear, so this equals mixing the vectors of the texts. A single row is
 *   not changed. scores [rows, labels], label [rows]
 *   Source  Zhang et al. 2018; of sentences (senMixup) Guo et al. 2019.
 * qp_mixup, qp_mixup_cross_entropy — the mixing and the loss of given draws: own [rows] lambda of every row, other
 *   [rows] its j(i); both borrowed until the backward pass.
 * qp_beta_draw — a draw from Beta(alpha, alpha), alpha > 0, by two gamma draws.      Source  Marsaglia & Tsang
 *   2000. */
const int32_t *qp_word_dropout(qp_tape *tape, const qp_special_ids *special, const int32_t *id, int rows, double rate);
qp_ids qp_word_noise(qp_tape *tape, const qp_special_ids *special, qp_ids text, double drop, int swap);
qp_tensor qp_mixup(qp_tape *tape, qp_tensor x, const qp_real *own, const int32_t *other);
qp_tensor qp_mixup_cross_entropy(qp_tape *tape, qp_tensor scores, const int32_t *label, const qp_real *own,
                                 const int32_t *other, qp_real smoothing);
qp_tensor qp_mixup_loss(qp_tape *tape, qp_tensor scores, const int32_t *label, double alpha,
                        const qp_cross_entropy_config *config);
double qp_beta_draw(uint64_t key, double alpha);

#endif
