#ifndef QP_SERIES_WINDOWS_H
#define QP_SERIES_WINDOWS_H

#include "data/series/series_scaling.h"
#include "lib/base/batch.h"

/* series_windows — the qp_batch_source of a forecaster: all windows of `window` rows of a series, scaled, each with the
 * `horizon` values after it.
 *   source_value  [windows * window, columns]; source.sequences has one sequence per window
 *   target_value  [windows, horizon]; target.sequences has one sequence of one row per window
 * With shuffle the order of an epoch is drawn from (seed, epoch), otherwise it is that of the file.
 * Batches have about `size` windows, all nearly the same number. */
typedef struct {
    const qp_series *series;
    const qp_scaling *scaling;
    int64_t size; /* windows per batch; size * window * columns at most 2^30 */
    bool shuffle;
    uint64_t seed;
    int slots; /* batches held at once: --accum */
} qp_series_windows_options;

typedef struct qp_series_windows qp_series_windows;

/* qp_series_windows_new — series and scaling must outlive the source.
 * Memory  4 bytes per window, and the numbers of one batch, as in the file and scaled, for each slot.
 * Errors  QP_EUSAGE (options out of bounds), those of qp_scaling_check, QP_EMEMORY.
 * qp_series_windows_source — as qp_batcher_source. QP_EBUG if number or slot do not exist. */
qp_status qp_series_windows_new(const qp_series_windows_options *options, qp_series_windows **windows);
qp_batch_source qp_series_windows_source(qp_series_windows *windows);
void qp_series_windows_free(qp_series_windows *windows);

#endif
