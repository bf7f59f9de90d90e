#ifndef QP_DECODER_NGRAM_H
#define QP_DECODER_NGRAM_H

#include "lib/model/decoder.h"
#include "lib/ngram/ngram.h"

/* decoder_ngram — n-grams behind the one interface of decoders: what they return are the log-probabilities themselves,
 * [rows, vocabulary], so that no head follows, and a state is the last order - 1 words. Score, generate, beam and loss
 * know nothing of it. There is nothing to learn on the tape: the n-grams come ready, from ngram_train.h or an ARPA file.
 *
 * Token t has the log-probability of its word; PAD and BOS have none. Tokens that are no word of the n-grams share that
 * of <unk> equally, UNK being one of them, so that the whole is 1.
 *
 * qp_decoder_ngram_set, _get — as qp_model_ngram_set and qp_model_ngram. */
qp_status qp_decoder_ngram_set(qp_decoder *decoder, qp_ngram *ngram, const int32_t *word);
const qp_ngram *qp_decoder_ngram_get(const qp_decoder *decoder, const int32_t **word);

#endif
