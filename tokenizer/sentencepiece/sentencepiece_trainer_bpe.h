#ifndef QP_SENTENCEPIECE_TRAINER_BPE_H
#define QP_SENTENCEPIECE_TRAINER_BPE_H

#include "tokenizer/sentencepiece/sentencepiece_trainer_corpus.h"

/* sentencepiece_trainer_bpe — byte pair encoding as sentencepiece learns it.
 *
 * The most frequent pair of neighbours that may be a piece is learned; ties go to the pair with fewer characters, then
 * to the smaller one by code points. Pairs that no longer occur stay candidates with frequency 0. A pair with the text
 * of a learned piece is dropped and never joined. (bpe_trainer.h joins such pairs and breaks ties differently.)
 * Source: sentencepiece 0.2.3, observed. */
typedef struct {
    int32_t *code; /* the pieces one after the other */
    size_t *start; /* count + 1 entries */
    size_t count, code_capacity, start_capacity;
} qp_sentencepiece_pieces;

/* qp_sentencepiece_bpe_train — up to `wanted` pieces of two or more characters, in order of learning.
 * Memory  about 24 bytes per character of the words and 100 per pair. Errors: QP_EMEMORY, QP_EDATA. */
qp_status qp_sentencepiece_bpe_train(const qp_sentencepiece_config *config, const qp_sentencepiece_words *words,
                                     size_t wanted, qp_sentencepiece_pieces *pieces);
void qp_sentencepiece_pieces_free(qp_sentencepiece_pieces *pieces);

#endif
