#ifndef QP_ADAPTERS_H
#define QP_ADAPTERS_H

#include "lib/nn/params.h"

/* qp_adapters_add — low-rank adapters (qp_params_adapt) of the given rank, scaled by alpha / rank, for the matrices
 * whose names match `patterns` (lib/base/name_list.h) and that are larger than the rank on both sides. Before
 * qp_params_finish.
 * Errors  QP_EUSAGE: no matrix matches, or there are adapters already; QP_EMEMORY is reported by qp_params_finish. */
qp_status qp_adapters_add(qp_params *params, const char *patterns, int rank, double alpha);

#endif
