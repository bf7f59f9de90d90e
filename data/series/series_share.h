#ifndef QP_SERIES_SHARE_H
#define QP_SERIES_SHARE_H

#include "data/series/series.h"

/* qp_series_share — a series that rank 0 has read, to all ranks, whose *series is empty. With `spread` each keeps a
 *   part of the rows, rank 0 too (series->spread), else all rows. Collective.   Errors  QP_EMEMORY. */
qp_status qp_series_share(qp_cluster *cluster, bool spread, qp_series *series);

#endif
