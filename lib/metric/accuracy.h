#ifndef QP_ACCURACY_H
#define QP_ACCURACY_H

#include "lib/metric/segment.h"

/* accuracy — how much is exactly right
 *   exact match    = lines equal to their reference, byte for byte / lines
 *   word accuracy  = words equal to the reference's word at the same position / words of the longer side, summed over
 *                  lines
 * Both are 0 without lines. Start from {0}; sums may be added member by member. */
typedef struct {
    int64_t lines, exact_lines;
    int64_t words, exact_words;
} qp_accuracy_sums;

/* qp_accuracy_add — adds one segment; with several references an exact match with any of them counts, and words are
 * compared with the best of them.   Errors  QP_EMEMORY. */
qp_status qp_accuracy_add(qp_text hypothesis, const qp_text *reference, int references, qp_accuracy_sums *sums);

static inline double qp_exact_match(const qp_accuracy_sums *sums)
{
    return sums->lines ? (double)sums->exact_lines / (double)sums->lines : 0;
}

static inline double qp_word_accuracy(const qp_accuracy_sums *sums)
{
    return sums->words ? (double)sums->exact_words / (double)sums->words : 0;
}

#endif
