#ifndef QP_WORD_COUNTS_H
#define QP_WORD_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* word_counts — how often each distinct segment occurs. Memory grows with distinct segments, not with the text. */
typedef struct {
    char *text; /* segments end to end, in order of first occurrence */
    size_t text_bytes, text_capacity;
    struct qp_word {
        size_t start;
        uint32_t bytes, hash;
        int64_t count;
    } * word;
    size_t count, capacity;
    uint32_t *slot; /* word number + 1; 0: empty */
    size_t slot_count;
} qp_word_counts;

void qp_word_counts_free(qp_word_counts *counts);

/* qp_word_counts_add — count text[0..bytes) `times` times more. Zero the struct before the first call.
 * Errors  QP_EMEMORY; QP_EDATA above 2^32 - 2 distinct words. */
qp_status qp_word_counts_add(qp_word_counts *counts, const char *text, size_t bytes, int64_t times);

/* qp_word_counts_forget — drop the rarest words, all of a count together, until at most `left` are there; the others
 * keep their order. Time: words times distinct counts that are dropped. Ends with QP_OK. */
qp_status qp_word_counts_forget(qp_word_counts *counts, size_t left);

/* qp_word_counts_sort — by count, largest first, then by bytes; ends counting (no add after it). */
void qp_word_counts_sort(qp_word_counts *counts);

#endif
