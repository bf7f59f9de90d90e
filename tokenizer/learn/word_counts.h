#ifndef QP_WORD_COUNTS_H
#define QP_WORD_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* word_counts — how often each distinct word occurs. Memory grows with the distinct words, not with the text. */
typedef struct {
    char *text; /* the words end to end, in order of first occurrence */
    size_t text_bytes, text_capacity;
    struct qp_word {
        size_t start;
        uint32_t bytes, hash;
        int64_t count;
    } * word;
    size_t count, capacity;
    int64_t total;               /* all that was counted, dropped words included */
    struct qp_word_index *index; /* finds words; NULL before the first and after sorting */
} qp_word_counts;

void qp_word_counts_free(qp_word_counts *counts);

static inline qp_text qp_word_counts_text(const qp_word_counts *counts, size_t w)
{
    return (qp_text){counts->text + counts->word[w].start, counts->word[w].bytes};
}

/* qp_word_counts_add — count text[0..bytes) `times` times more. Zero the struct before the first call.
 * Errors  QP_EMEMORY; QP_EDATA above 2^32 - 2 distinct words. */
qp_status qp_word_counts_add(qp_word_counts *counts, const char *text, size_t bytes, int64_t times);

/* qp_word_counts_move — add all counts of *from, in their order; *from is empty afterwards. Errors: those of add. */
qp_status qp_word_counts_move(qp_word_counts *counts, qp_word_counts *from);

/* qp_word_counts_forget — drop the rarest words, all that share a count together, until at most `left` remain; the
 * others keep their order. Time: words times the distinct counts that are dropped. Errors: QP_EMEMORY. */
qp_status qp_word_counts_forget(qp_word_counts *counts, size_t left);

/* qp_word_counts_sort — by count, largest first, then by bytes. Nothing can be added afterwards. */
void qp_word_counts_sort(qp_word_counts *counts);

#endif
