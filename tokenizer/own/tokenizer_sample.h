#ifndef QP_TOKENIZER_SAMPLE_H
#define QP_TOKENIZER_SAMPLE_H

#include "tokenizer/tokenizer.h"

/* tokenizer_sample — other segmentations than the best one: random ones (subword regularisation), and the n best.
 *
 * bpe, byte-bpe: merges are left out with probability `dropout` (bpe_dropout.h).
 * unigram, also of sentencepiece: drawn with probability in proportion to exp(alpha * score), from all segmentations,
 * or from the `among` best where that is above 0 (of sentencepiece's models alone). Sources: Provilkov, Emelianenko &
 * Voita 2020; Kudo 2018. */
typedef struct {
    double dropout, alpha;
    int among;
} qp_tokenizer_random;

/* qp_tokenizer_encode_random — segmentation number `counter` of `key`, into *encoding as qp_tokenizer_encode_into does.
 *                              A pure function of the text, `how`, key and counter.
 * qp_tokenizer_encode_nbest  — the `wanted` best of a unigram model into encoding[0..*found), best first, with their
 *                              scores. Both arrays have `wanted` entries; zero the encodings before the first use.
 * Errors  QP_EUSAGE: this type of tokenizer cannot do it; those of encode. */
qp_status qp_tokenizer_encode_random(const qp_tokenizer *tokenizer, const qp_tokenizer_random *how, uint64_t key,
                                     uint64_t counter, const char *text, size_t bytes, qp_encoding *encoding);
qp_status qp_tokenizer_encode_nbest(const qp_tokenizer *tokenizer, const char *text, size_t bytes, size_t wanted,
                                    qp_encoding *encoding, double *score, size_t *found);

#endif
