#ifndef QP_TRAINER_INTERNAL_H
#define QP_TRAINER_INTERNAL_H

#include <stdio.h>

#include "lib/train/checkpoint.h"
#include "lib/train/metrics_log.h"
#include "lib/train/trainer.h"
#include "lib/train/weight_noise.h"

/* trainer_internal — the state of a run, shared by the parts of the trainer. From the top: trainer.c (the loop) uses
 * trainer_open.c, trainer_plan.c, trainer_update.c and trainer_finish.c, which uses trainer_validate.c; all use
 * trainer_state.c. */

enum { QP_RUN_PATH_BYTES = 4096 };

/* Tokens and time of some updates, for the speed. */
typedef struct {
    double seconds;
    int64_t tokens;
} qp_run_speed;

typedef struct {
    qp_trainer *trainer;
    const qp_training_config *config;
    qp_schedule_config schedule; /* with lr_total filled in */
    qp_checkpoint checkpoint;
    double time_limit; /* seconds; 0: none */
    int64_t epochs;    /* limit in force; 0: none */
    qp_shards *shards;
    qp_optimizer *optimizer;
    qp_weight_noise noise;
    qp_batch *batch;         /* [accum] */
    qp_metrics_log *metrics; /* NULL without a folder */
    FILE *log;               /* train.log; NULL without a folder */
    qp_run_state state;
    qp_run_reset reset; /* what was reset when this session began */
    qp_plateau plateau;
    int64_t begun_epoch, batches;   /* epoch for which the batch source was begun; its batches, or about so many */
    int64_t ready;                  /* those up to here may be had (qp_batch_source.more) */
    int64_t saved_update;           /* of the last save; -1: none */
    double started;                 /* clock at which state.seconds was 0 */
    qp_run_speed interval, session; /* updates since the last reported one; all of this session */
    int64_t first_update;           /* of this session */
    double first_share;             /* of the run that was done when the session began */
    double last_loss;               /* of the last reported interval */
    double validation_share;        /* of the time limit that the last validation took, the update after it included */
    bool validation_ran;            /* since the last update */
    double validated_share;         /* qp_run_time_share at the last validation that was due */
    bool time_checked;              /* by qp_run_check_time, in this session */
} qp_run;

/* trainer_state.c
 * qp_run_clock      — seconds of a monotonic clock.
 * qp_run_note       — one line to the hook and to train.log.
 * qp_run_frozen     — whether --freeze names this parameter; `run` is a qp_run.
 * qp_run_writes     — whether this rank reads and writes the run's folder.
 * qp_run_validates  — whether there is anything to validate with.
 * qp_run_share_done — how much of the run is done, from 0 to 1, by its nearest limit except time; 0 without limits.
 * qp_run_time_share — how much of --time-limit is used, from 0 to 1, less what the last validation and the saves need.
 *   0 without a limit. By rank 0's clock: collective if there is a limit.
 * qp_run_at_end     — whether a limit is reached, and which.
 * qp_run_save       — saves the state, then removes what is no longer needed. Nothing without a folder. */
double qp_run_clock(void);
void qp_run_note(qp_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool qp_run_frozen(const void *run, const char *name);
bool qp_run_writes(const qp_run *run);
bool qp_run_validates(const qp_run *run);
double qp_run_share_done(const qp_run *run);
double qp_run_time_share(const qp_run *run);
bool qp_run_at_end(const qp_run *run, qp_trainer_end *end);
qp_status qp_run_save(qp_run *run);

/* trainer_ranks.c
 * qp_run_equal_start   — after rank 0 resumed: its state, weights and optimizer, to all.
 * qp_run_equal_weights — rank 0's weights, to all.
 * qp_run_join_weights  — after a step of a divided optimizer: each rank's part of the weights, to all.
 * qp_run_join_states   — the parts of a divided optimizer's states, to rank 0, for a save.
 * Collective; nothing for a process alone.   Errors  QP_EMEMORY. */
qp_status qp_run_equal_start(qp_run *run);
void qp_run_equal_weights(qp_run *run);
qp_status qp_run_join_weights(qp_run *run);
qp_status qp_run_join_states(qp_run *run);

/* trainer_open.c: checks the configuration, makes everything the run needs, resumes from the folder.
 * qp_run_close frees it and returns `status`, or the error of writing the metrics. */
qp_status qp_run_open(qp_run *run, qp_trainer *trainer);
qp_status qp_run_close(qp_run *run, qp_status status);

/* trainer_plan.c
 * qp_run_check_plan — notes when the schedule, the warmup or --average does not fit the length of the run.
 * qp_run_check_time — notes, once a session, that --time-limit ends the run before two passes over the data. */
void qp_run_check_plan(qp_run *run);
void qp_run_check_time(qp_run *run);

/* trainer_update.c: one update, with its progress report. */
qp_status qp_run_update(qp_run *run);

/* trainer_validate.c
 * qp_run_validate     — measures the averaged weights, logs, compares, saves the validated model and the best one.
 * qp_run_measure      — all metrics of the current weights.
 * qp_run_note_metrics — a line with `what` and the metrics, and `comment`.
 * qp_run_swap_mean    — exchanges the weights and their average (EMA, schedule-free); a second call restores both. */
qp_status qp_run_validate(qp_run *run);
qp_status qp_run_measure(qp_run *run, qp_metrics *metrics);
void qp_run_note_metrics(qp_run *run, const char *what, const qp_metrics *metrics, const char *comment);
qp_status qp_run_swap_mean(qp_run *run);

/* trainer_finish.c: puts the final weights into params and writes the final model; *averaged: checkpoints in them. */
qp_status qp_run_finish(qp_run *run, int64_t *averaged);

#endif
