#ifndef QP_DECODER_NGRAM_H
#define QP_DECODER_NGRAM_H

#include "lib/model/decoder.h"
#include "lib/ngram/ngram.h"

/* decoder_ngram — n-grams as a decoder: its output is the log-probabilities [rows, vocabulary] themselves, without an
 * output layer, and its state is the last order - 1 words. Scoring, generation, beam search and loss use it as any
 * other decoder. Nothing is learned on the tape: the n-grams come from ngram_train.h or an ARPA file.
 *
 * A token has the log-probability of its word; pad and begin have none. The tokens that are no word of the n-grams, the
 * unknown one among them, share the probability of <unk> equally, so that all probabilities sum to 1.
 *
 * qp_decoder_ngram_special — the special ids of the vocabulary; first those of qp_special_own.
 * qp_decoder_ngram_set, _get — as qp_model_ngram_set and qp_model_ngram. */
void qp_decoder_ngram_special(qp_decoder *decoder, qp_special_ids special);
qp_status qp_decoder_ngram_set(qp_decoder *decoder, qp_ngram *ngram, const int32_t *word);
const qp_ngram *qp_decoder_ngram_get(const qp_decoder *decoder, const int32_t **word);

#endif
