#ifndef QP_BOOTSTRAP_H
#define QP_BOOTSTRAP_H

#include "lib/metric/scores.h"

/* bootstrap — is the difference between two translations of the same lines more than chance? Paired bootstrap
 * resampling as `sacrebleu --paired-bs`: QP_BOOTSTRAP_SAMPLES times as many lines as there are are drawn with
 * replacement, the same for both texts, and d_s = score(text) - score(baseline) of the drawn lines.
 *   d         the difference over all lines
 *   interval  of the sorted d_s those at samples/40 from either end: 95 %
 *   p         (1 + number of s with |d_s| - mean |d_s| >= |d|) / (1 + samples)
 * The lines come from this library's counter-based random numbers (seed 12345), not from numpy's generator, so that
 * interval and p agree with sacreBLEU's within sampling noise. A tie counts (sacreBLEU: >), so equal texts have p = 1.
 * Source  Koehn 2004, "Statistical significance tests for machine translation evaluation"; Post 2018. */
enum { QP_BOOTSTRAP_SAMPLES = 1000, QP_BOOTSTRAP_SEED = 12345 };

typedef struct {
    double difference, low, high, p;
} qp_bootstrap;

/* qp_bootstrap_compare — result [scores->count], one for each metric of `scores`, whose settings are used.
 * baseline, text  [lines] sums of each line
 * Time    samples * lines additions of sums.      Memory  a real for each sample and metric.
 * Errors  QP_EMEMORY; QP_EDATA without lines. */
qp_status qp_bootstrap_compare(const qp_scores *scores, const qp_score_sums *baseline, const qp_score_sums *text,
                               int64_t lines, qp_bootstrap *result);

#endif
