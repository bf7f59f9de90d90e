#ifndef QP_METRICS_LOG_H
#define QP_METRICS_LOG_H

#include "lib/base/status.h"
#include "lib/train/metrics.h"
#include "lib/train/progress.h"

/* metrics_log — the metrics of a run in two files: metrics.jsonl, one JSON object per line, and metrics.csv, the same
 * in columns. Every line begins with its update, so that a resumed run can remove what came after its save. All fields
 * except tokens_per_second and seconds are equal whenever the run is repeated.
 *   training     {"update", "epoch", "target_tokens", "loss", "gradient_norm", "rate", "tokens_per_second", "seconds"}
 *   validation   {"update", "epoch", "valid": {"loss": ..., "bleu": ...}}
 * With label smoothing the training loss is "smoothed_loss", because that of validation has none. In the CSV file each
 * metric of validation has a column valid_NAME, added when it is first measured. */
typedef struct qp_metrics_log qp_metrics_log;

typedef struct {
    int64_t update; /* continue after this one: later and torn lines are removed; 0: all */
    bool validated; /* false: the validation of `update` is removed too, because it will be repeated */
    bool smoothed;  /* the training loss includes label smoothing */
} qp_metrics_log_options;

/* qp_metrics_log_open       — opens or creates both files in the folder.
 * qp_metrics_log_training   — one line for the updates since the last one. QP_EMEMORY.
 * qp_metrics_log_validation — QP_EIO, QP_ECREATE if a column cannot be added; QP_EMEMORY.
 * qp_metrics_log_close      — QP_EIO if anything could not be written. */
qp_status qp_metrics_log_open(const char *folder, const qp_metrics_log_options *options, qp_metrics_log **log);
qp_status qp_metrics_log_training(qp_metrics_log *log, const qp_progress *progress);
qp_status qp_metrics_log_validation(qp_metrics_log *log, int64_t update, int64_t epoch, const qp_metrics *metrics);
qp_status qp_metrics_log_close(qp_metrics_log *log);

#endif
