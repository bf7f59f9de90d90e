#ifndef QP_RANKING_H
#define QP_RANKING_H

#include <stdint.h>

#include "lib/base/status.h"

/* ranking — how well numbers put things in order.
 *
 * qp_spearman — rank correlation of a and b [count]: Pearson's correlation of their ranks, where equal numbers share
 *   their mean rank; in -1 .. 1; 0 where a or b are all equal, or count is 0.
 * qp_best_cut — the largest share of right answers to "is b above 0.5?" that a >= *cut gives, for any *cut.
 * Memory  two arrays of count.   Errors  QP_EMEMORY.   Source  Spearman 1904; ties as scipy.stats.spearmanr. */
qp_status qp_spearman(const double *a, const double *b, int64_t count, double *correlation);
qp_status qp_best_cut(const double *a, const double *b, int64_t count, double *cut, double *accuracy);

#endif
