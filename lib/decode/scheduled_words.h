#ifndef QP_SCHEDULED_WORDS_H
#define QP_SCHEDULED_WORDS_H

#include "lib/model/model.h"

/* qp_scheduled_words — what a decoder reads in scheduled sampling: some of the target's tokens, the others its own best ones.
 *   read_0 = the first token;   read_t = argmax P(. | source, read_0 .. read_{t-1}) where coin_t = 1, else target_{t-1}
 * The tokens are decoded as the model would decode them (no dropout), and then stand in qp_batch.input: the pass that
 * learns from them is the usual one, and no gradient goes through the choice.
 * batch    sources and targets as for training
 * coin     [target rows]          input  [target rows] what is read
 * threads  workers; the result does not depend on it
 * Memory   a state of 32 sequences for each thread, freed.   Errors  those of the model; QP_EMEMORY.
 * Source   Bengio et al. 2015, "Scheduled sampling for sequence prediction with recurrent neural networks" */
qp_status qp_scheduled_words(const qp_model *model, const qp_batch *batch, const uint8_t *coin, int threads,
                             int32_t *input);

#endif
