#ifndef QP_SENTENCEPIECE_TRAINER_SEEDS_H
#define QP_SENTENCEPIECE_TRAINER_SEEDS_H

#include "tokenizer/sentencepiece/sentencepiece_trainer_bpe.h"

/* sentencepiece_trainer_seeds — the pieces a unigram model of sentencepiece begins with.
 *
 * All characters; then the substrings of the lines (not of the words) that occur at least twice, are followed by
 * different bytes, and may be pieces, the best by frequency times length first. A line's end counts as a
 * character. Source: sentencepiece 0.2.3, observed; sorted suffixes instead of a suffix array. */

/* qp_sentencepiece_seeds — pieces and how often each occurs; *times is malloc'ed. characters: how many of the pieces
 * are characters; they come first. Errors: QP_EMEMORY. */
qp_status qp_sentencepiece_seeds(const qp_sentencepiece_corpus *corpus, qp_sentencepiece_pieces *pieces,
                                 int64_t **times, size_t *characters);

#endif
