#ifndef QP_BPE_DROPOUT_H
#define QP_BPE_DROPOUT_H

#include "tokenizer/models/bpe.h"

/* bpe_dropout — BPE that skips merges at random, so that a text is segmented in many ways.
 *
 * Before every merge each possible pair is skipped with probability `dropout`; of the others the one that was learned
 * first is merged; when all are skipped, merging ends. Dropout 0 is plain BPE, 1 leaves the symbols alone.
 * Source: Provilkov, Emelianenko & Voita 2020. */
typedef struct {
    double dropout;
    uint64_t key, draws; /* the next random number is number `draws` of `key` */
} qp_random_merges;

/* qp_bpe_apply_dropout — merge symbol[0..*count) in place. Expected time n log n / (1 - dropout). Errors:
 * QP_EMEMORY. */
qp_status qp_bpe_apply_dropout(const qp_bpe *bpe, qp_bpe_scratch *scratch, qp_random_merges *random, int32_t *symbol,
                               size_t *count);

#endif
