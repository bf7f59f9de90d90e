#ifndef QP_TRAINER_INTERNAL_H
#define QP_TRAINER_INTERNAL_H

#include <stdio.h>

#include "lib/train/checkpoint.h"
#include "lib/train/metrics_log.h"
#include "lib/train/trainer.h"
#include "lib/train/weight_noise.h"

/* What trainer.c (the loop) and trainer_validate.c (validation, saves, the final model) share. */
typedef struct {
    qp_trainer *trainer;
    const qp_training_config *config;
    qp_schedule_config schedule; /* with lr_total filled in */
    const char *fingerprint;
    double time_limit; /* seconds; 0: none */
    qp_shards *shards;
    qp_optimizer *optimizer;
    qp_weight_noise noise;
    qp_batch *batch;         /* [accum] */
    qp_metrics_log *metrics; /* NULL without a folder */
    FILE *log;               /* train.log; NULL without a folder */
    qp_run_state state;
    qp_run_reset reset; /* what was forgotten when this session began */
    qp_plateau plateau;
    int64_t begun_epoch, batches; /* epoch the batch source stands in; its batches */
    int64_t saved_update;         /* of the last save; -1: none */
    double started;               /* clock at which state.seconds was 0 */
    int64_t epochs;               /* limit in force; 0: none */
    double speed_seconds;         /* of this session's updates since the last shown one */
    int64_t speed_tokens;
    double session_seconds; /* of all updates of this session */
    int64_t session_tokens, first_update;
    double first_share; /* of the run that was done when the session began */
    double last_loss;   /* of the last shown stretch */
} qp_run;

double qp_run_clock(void);
void qp_run_note(qp_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool qp_run_validates(const qp_run *run);

/* qp_run_validate — measure, log, compare, write the validated model and the best one.
 * qp_run_save — the state, then remove what is no longer needed. Nothing without a folder.
 * qp_run_finish — the final weights into params, and the final model file. */
qp_status qp_run_validate(qp_run *run);
qp_status qp_run_save(qp_run *run);
qp_status qp_run_finish(qp_run *run, qp_trainer_result *result);

#endif
