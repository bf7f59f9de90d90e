#ifndef QP_SCHEDULED_WORDS_H
#define QP_SCHEDULED_WORDS_H

#include "lib/model/model.h"

/* qp_scheduled_words — the decoder's input in scheduled sampling: some tokens of the target, the others its own
 *   predictions. read_0 = the first token;   read_t = argmax P(. | source, read_0 .. read_{t-1}) where coin_t = 1,
 *   else target_{t-1}
 * Tokens are decoded greedily, without dropout, and become qp_batch.input of an ordinary training pass; no gradient
 * flows through the choice.
 * batch    sources and targets as for training
 * coin     [target rows]          input  [target rows] receives the tokens read
 * threads  the result does not depend on it
 * Memory   a state of 32 sequences for each thread, freed afterwards.   Errors  those of the model; QP_EMEMORY.
 * Source   Bengio et al. 2015, "Scheduled sampling for sequence prediction with recurrent neural networks" */
qp_status qp_scheduled_words(const qp_model *model, const qp_batch *batch, const uint8_t *coin, int threads,
                             int32_t *input);

#endif
