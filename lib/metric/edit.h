#ifndef QP_EDIT_H
#define QP_EDIT_H

#include "lib/metric/segment.h"

/* edit — edit distance: word error rate and character error rate
 *   edits = fewest substitutions, insertions and deletions that turn the reference into the hypothesis (Levenshtein
 *   1966)
 *   WER   = edits / words of the references;  CER = the same for code points, without white space at both ends
 * Segments are summed before dividing; of several references a segment uses the one with the lowest rate. The number of
 * edits is unique, the split into three kinds is not: of the best alignments the one of jiwer (RapidFuzz) is used,
 * which prefers, from the end backwards, deletion, then insertion, then substitution. */
typedef struct {
    int64_t hits, substitutions, insertions, deletions;
} qp_edit_sums;

/* qp_edit_words, qp_edit_characters — add one segment to the sums; start from {0}.
 * Memory  one byte for each pair of symbols, without the common beginning and end.
 * Errors  QP_EMEMORY; QP_EDATA if a segment is too long for that (2^30 pairs). */
qp_status qp_edit_words(qp_text hypothesis, const qp_text *reference, int references, qp_edit_sums *sums);
qp_status qp_edit_characters(qp_text hypothesis, const qp_text *reference, int references, qp_edit_sums *sums);

static inline int64_t qp_edit_count(const qp_edit_sums *s) { return s->substitutions + s->insertions + s->deletions; }
static inline int64_t qp_edit_reference_length(const qp_edit_sums *s)
{
    return s->hits + s->substitutions + s->deletions;
}

/* qp_edit_rate       — WER or CER; may be above 1. Without reference: 0 if the hypothesis is empty too, else 1.
 * qp_edit_match_rate — MER = edits / (edits + hits).
 * qp_edit_preserved  — WIP = hits/reference length * hits/hypothesis length; WIL = 1 - WIP.
 * Source  Morris et al. 2004. */
double qp_edit_rate(const qp_edit_sums *sums);
double qp_edit_match_rate(const qp_edit_sums *sums);
double qp_edit_preserved(const qp_edit_sums *sums);

#endif
