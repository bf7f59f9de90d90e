#ifndef QP_BPE_H
#define QP_BPE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* bpe — applies byte pair encoding: of all neighboring symbols that form a known pair, the pair that was learned first
 * is merged, the leftmost among equals, until there is none.
 * The table of pairs is not a QP_HASH: most lookups are of pairs that are no merge, and a bit filter of one byte per
 * slot, small enough for the fastest cache, ends them.
 * Source: Sennrich, Haddow & Birch 2016. */
typedef struct {
    struct qp_merge {
        int32_t left, right, merged, rank;
    } * merge; /* in order of learning */
    size_t count, capacity;
    struct qp_merge_slot {
        uint64_t pair;        /* left << 32 | right */
        int32_t rank, merged; /* rank -1: empty */
    } * slot;
    size_t slot_count;
    uint64_t *filter; /* 8 bits for each slot */
} qp_bpe;

/* Working memory of one thread; zero it before the first use. */
typedef struct {
    int32_t *next, *previous;
    uint64_t *heap;
    size_t next_capacity, previous_capacity, heap_capacity, heap_count;
} qp_bpe_scratch;

void qp_bpe_free(qp_bpe *bpe);
void qp_bpe_scratch_free(qp_bpe_scratch *scratch);

/* qp_bpe_add — add the next merge. Errors: QP_EDATA: the pair was added before; QP_EMEMORY. */
qp_status qp_bpe_add(qp_bpe *bpe, int32_t left, int32_t right, int32_t merged);

/* qp_bpe_add_ranked — add a merge with a given rank; several pairs may share a rank if they make the same piece
 * (tiktoken). Do not mix it with qp_bpe_add. Errors: as qp_bpe_add. */
qp_status qp_bpe_add_ranked(qp_bpe *bpe, int32_t left, int32_t right, int32_t merged, int32_t rank);

/* qp_bpe_find — the merge of a pair, or NULL. */
const struct qp_merge_slot *qp_bpe_find(const qp_bpe *bpe, int32_t left, int32_t right);

/* qp_bpe_apply — merge symbol[0..*count) in place; *count becomes the number of symbols left.
 * Time: n log n; n^2 for up to 48 symbols, where that is faster. Errors: QP_EMEMORY; QP_EDATA for 2^31 symbols. */
qp_status qp_bpe_apply(const qp_bpe *bpe, qp_bpe_scratch *scratch, int32_t *symbol, size_t *count);

/* qp_bpe_apply_spans — also adds up bytes[i], the length of the text of symbol i. bytes may be NULL. */
qp_status qp_bpe_apply_spans(const qp_bpe *bpe, qp_bpe_scratch *scratch, int32_t *symbol, uint32_t *bytes,
                             size_t *count);

#endif
