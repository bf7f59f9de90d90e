#ifndef QP_METRICS_LOG_H
#define QP_METRICS_LOG_H

#include "lib/base/status.h"
#include "lib/train/trainer.h"

/* metrics_log — a run's metrics as they come, twice: metrics.jsonl, one JSON object a line, and metrics.csv, the same
 * in columns. Every line begins with its update, so that a resumed run can cut back what came after its save. All
 * fields but tokens_per_second and seconds are the same whenever the run is repeated.
 *   training     {"update", "epoch", "target_tokens", "loss", "gradient_norm", "rate", "tokens_per_second", "seconds"}
 *   validation   {"update", "epoch", "valid": {"loss": ..., "bleu": ...}} */
typedef struct qp_metrics_log qp_metrics_log;

/* qp_metrics_log_open — continues after `update`: later and torn lines are removed (0: all);
 *   validated false: so is a validation of `update` itself, which will be repeated.
 * qp_metrics_log_close — QP_EIO if anything could not be written. */
qp_status qp_metrics_log_open(const char *folder, int64_t update, bool validated, qp_metrics_log **log);
void qp_metrics_log_training(qp_metrics_log *log, const qp_progress *progress);
void qp_metrics_log_validation(qp_metrics_log *log, int64_t update, int64_t epoch, const qp_metrics *metrics);
qp_status qp_metrics_log_close(qp_metrics_log *log);

#endif
