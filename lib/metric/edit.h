#ifndef QP_EDIT_H
#define QP_EDIT_H

#include "lib/metric/segment.h"

/* edit — edit distance: word error rate and character error rate
 *   edits = fewest substitutions, insertions, deletions that turn the reference into the hypothesis (Levenshtein 1966)
 *   WER   = edits / words of the references;  CER = the same of code points, blanks at both ends not counted
 * Segments are summed before dividing; with several references a segment counts the one with the lowest rate. The number
 * of edits is unique, how it falls into the three kinds is not: of the best ways the one taken is that of jiwer
 * (RapidFuzz), going backwards: deletion first, then insertion, then substitution. */
typedef struct {
    int64_t hits, substitutions, insertions, deletions;
} qp_edit_sums;

/* qp_edit_words / qp_edit_characters — add one segment to the sums; start from {0}.
 * Memory  a byte for each pair of symbols that are not part of a common beginning or end.
 * Errors  QP_EMEMORY; QP_EDATA if a segment is too long for that (2^30 pairs). */
qp_status qp_edit_words(qp_segment hypothesis, const qp_segment *reference, int references, qp_edit_sums *sums);
qp_status qp_edit_characters(qp_segment hypothesis, const qp_segment *reference, int references, qp_edit_sums *sums);

/* qp_edit_compare — the same of two rows of symbols. */
qp_status qp_edit_compare(const qp_symbols *reference, const qp_symbols *hypothesis, qp_edit_sums *sums);

static inline int64_t qp_edit_count(const qp_edit_sums *s) { return s->substitutions + s->insertions + s->deletions; }
static inline int64_t qp_edit_reference_length(const qp_edit_sums *s)
{
    return s->hits + s->substitutions + s->deletions;
}

/* qp_edit_rate — WER or CER; may be above 1. Nothing against nothing is 0, something against nothing 1.
 * qp_edit_match_rate — MER = edits / (edits + hits).
 * qp_edit_preserved — WIP = hits/reference length * hits/hypothesis length; WIL = 1 - WIP.   Source  Morris et al. 2004 */
double qp_edit_rate(const qp_edit_sums *sums);
double qp_edit_match_rate(const qp_edit_sums *sums);
double qp_edit_preserved(const qp_edit_sums *sums);

#endif
