#ifndef QP_TER_H
#define QP_TER_H

#include "lib/metric/segment.h"

/* ter — translation edit rate as sacreBLEU 2 and tercom define it
 *   edits = shifts of word groups + insertions + deletions + substitutions that turn the hypothesis into the reference
 *   TER   = 100 * edits / words of the reference    (the average length and the fewest edits of several references)
 * Shifts are found greedily: the best one is made, again and again, until none helps. The search has tercom's limits
 * (groups of 10 words, distance 50, 1000 candidates a segment, a band of 25 around the diagonal), so that the optimum is
 * not always found; these limits are part of the definition.
 * Source  Snover et al. 2006; Post 2018. */
typedef struct {
    bool case_sensitive;
    bool normalized;     /* punctuation apart, escaped signs resolved */
    bool no_punctuation; /* punctuation removed */
    bool asian;          /* with normalized: ideographs one by one; with no_punctuation: theirs removed too */
} qp_ter_config;

/* Sums over segments; start from {0}. */
typedef struct {
    double edits, reference_length;
} qp_ter_sums;

/* qp_ter_add — add one segment, at least one reference.
 * Errors  QP_EMEMORY; QP_EUSAGE; QP_EDATA where words of both sides multiply to more than 2^28.
 * qp_ter_finish — the score of the sums, in percent; lower is better. */
qp_status qp_ter_add(const qp_ter_config *config, qp_segment hypothesis, const qp_segment *reference, int references,
                     qp_ter_sums *sums);
double qp_ter_finish(const qp_ter_sums *sums);

const char *qp_ter_signature(const qp_ter_config *config, int references, char *text, size_t bytes);

#endif
