#ifndef QP_SERIES_WINDOWS_H
#define QP_SERIES_WINDOWS_H

#include "data/series/scaling.h"
#include "lib/base/batch.h"

/* series_windows — the qp_batch_source (lib/base/batch.h) of a forecaster: every stretch of `window` rows of a series,
 * scaled, and the `horizon` values behind it.
 *   source_value  [windows * window, columns]; source.sequences has a sequence a window
 *   target_value  [windows, horizon]; target.sequences has a sequence of one row a window
 * Shuffled: the windows of an epoch come in an order drawn from (seed, epoch). In order: as in the file.
 * Batches of `size` windows, the last ones smaller so that all are about even. */
typedef struct {
    const qp_series *series;
    const qp_scaling *scaling;
    int64_t size; /* windows of a batch; size * window * columns at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int slots; /* batches that are held at once: --accum */
} qp_series_windows_options;

typedef struct qp_series_windows qp_series_windows;

/* qp_series_windows_new — series and scaling must outlive it.
 * Memory  4 bytes a window; the numbers of one batch for each slot.
 * Errors  QP_EUSAGE (options out of bounds), those of qp_scaling_check, QP_EMEMORY.
 * qp_series_windows_source — as qp_batcher_source. QP_EBUG when number or slot do not exist. */
qp_status qp_series_windows_new(const qp_series_windows_options *options, qp_series_windows **windows);
qp_batch_source qp_series_windows_source(qp_series_windows *windows);
void qp_series_windows_free(qp_series_windows *windows);

#endif
