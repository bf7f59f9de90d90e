#ifndef QP_BPE_DROPOUT_H
#define QP_BPE_DROPOUT_H

#include "tokenizer/models/bpe.h"

/* bpe_dropout — byte pair encoding that leaves out merges at random, so that a text is spelled in many ways.
 *
 * Before every merge each pair that could be joined is left out with probability `dropout`; of the others the one
 * learned first is joined; where all are left out, that is the end. 0 is plain BPE, 1 leaves the symbols alone. Source:
 * Provilkov, Emelianenko & Voita 2020. */
typedef struct {
    double dropout;
    uint64_t key, draws; /* draw number `draws` of `key` comes next */
} qp_random_merges;

/* qp_bpe_apply_dropout — join symbol[0..*count) in place. Expected time n log n / (1 - dropout). Errors: QP_EMEMORY. */
qp_status qp_bpe_apply_dropout(const qp_bpe *bpe, qp_bpe_scratch *scratch, qp_random_merges *random, int32_t *symbol,
                               size_t *count);

#endif
