#ifndef QP_JOINER_H
#define QP_JOINER_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* joiner — BPE as in sentencepiece: of all neighbours whose texts together are a piece, the pair of the highest score
 * is joined, the leftmost among equals. A piece of type UNUSED may be an intermediate result; if it remains it is split
 * again; what cannot be split is unknown. User-defined symbols are never joined. */
typedef struct {
    struct qp_joiner_symbol {
        uint32_t begin, end;
        int32_t previous, next, id; /* id -1: unknown */
        bool frozen, gone;
    } * symbol;
    struct qp_joiner_entry {
        int32_t rank, left;
        uint32_t bytes;
    } * heap;
    uint32_t *left_bytes; /* of each unused piece: where it was last joined */
    size_t symbol_count, symbol_capacity, heap_count, heap_capacity;
} qp_joiner;

typedef qp_status (*qp_joiner_take)(void *self, size_t begin, size_t end, int32_t id);

/* qp_joiner_join — the pieces of text[begin..end), passed to `take` from left to right. Time n log n. Errors:
 * QP_EMEMORY, and those of take. */
qp_status qp_joiner_join(qp_joiner *joiner, const qp_sentencepiece *model, const char *text, size_t begin, size_t end,
                         qp_joiner_take take, void *self);
void qp_joiner_free(qp_joiner *joiner);

#endif
