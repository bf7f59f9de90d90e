#ifndef QP_JOINER_H
#define QP_JOINER_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* joiner — BPE as sentencepiece does it: of all neighbours whose texts together are a piece, the piece of the highest
 * score is made, the leftmost one among equals. A piece of type UNUSED may be made on the way to a larger one; where it
 * remains it is taken apart again. User-defined symbols join nothing. */
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

/* qp_joiner_join — the pieces of text[begin..end), handed to `take` from left to right. Time n log n. Errors:
 * QP_EMEMORY, and those of take. */
qp_status qp_joiner_join(qp_joiner *joiner, const qp_sentencepiece *model, const char *text, size_t begin, size_t end,
                         qp_joiner_take take, void *self);
void qp_joiner_free(qp_joiner *joiner);

#endif
