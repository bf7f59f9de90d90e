#ifndef QP_ACCURACY_H
#define QP_ACCURACY_H

#include "lib/metric/segment.h"

/* accuracy — how much is exactly right
 *   exact match    = lines equal to their reference, byte for byte / lines
 *   word accuracy  = words equal to the reference's word in the same place / sum over lines of the longer side's words
 * Both are 0 of nothing. Start from {0}; sums may be added member by member. */
typedef struct {
    int64_t lines, exact_lines;
    int64_t words, exact_words;
} qp_accuracy_sums;

/* qp_accuracy_add — one segment; with several references an exact match with any of them counts, and the words are
 * those against the best of them.   Errors  QP_EMEMORY. */
qp_status qp_accuracy_add(qp_segment hypothesis, const qp_segment *reference, int references, qp_accuracy_sums *sums);

static inline double qp_exact_match(const qp_accuracy_sums *sums)
{
    return sums->lines ? (double)sums->exact_lines / (double)sums->lines : 0;
}

static inline double qp_word_accuracy(const qp_accuracy_sums *sums)
{
    return sums->words ? (double)sums->exact_words / (double)sums->words : 0;
}

#endif
