#ifndef QP_TER_H
#define QP_TER_H

#include "lib/metric/segment.h"

/* ter — translation edit rate as sacreBLEU 2 and tercom define it
 *   edits = shifts of word groups + insertions + deletions + substitutions that turn the hypothesis into the reference
 *   TER   = 100 * edits / words of the reference    (with several: their mean length and the fewest edits)
 * Shifts are found greedily: the best one is applied until none helps. The search has tercom's limits (groups of 10
 * words, distance 50, 1000 candidates per segment, a band of 25 around the diagonal), so it does not always find the
 * optimum; these limits are part of the definition.
 * Source  Snover et al. 2006; Post 2018. */
typedef struct {
    bool case_sensitive;
    bool normalized;     /* split off punctuation, decode escaped characters */
    bool no_punctuation; /* punctuation removed */
    bool asian;          /* with normalized: split ideographs; with no_punctuation: remove theirs too */
} qp_ter_config;

/* Sums over segments; start from {0}. */
typedef struct {
    double edits, reference_length;
} qp_ter_sums;

/* qp_ter_add    — adds one segment, with at least one reference.
 * Errors  QP_EMEMORY; QP_EUSAGE; QP_EDATA if the product of both lengths exceeds 2^28 words.
 * qp_ter_finish — the score of the sums, in percent; lower is better. */
qp_status qp_ter_add(const qp_ter_config *config, qp_text hypothesis, const qp_text *reference, int references,
                     qp_ter_sums *sums);
double qp_ter_finish(const qp_ter_sums *sums);

const char *qp_ter_signature(const qp_ter_config *config, int references, char *text, size_t bytes);

#endif
