#ifndef QP_TESTS_TOY_RUN_H
#define QP_TESTS_TOY_RUN_H

#include "lib/train/trainer.h"
#include "tests/train/toy_loss.h"

/* A run of the toy model over six small batches. */
typedef struct {
    toy *model;
    toy_batch batch[2][TOY_BATCHES], valid_batch;
    int64_t epoch;
    qp_batch_source train, valid;
    qp_training_config config;
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
    qp_trainer trainer;
    qp_trainer_result result;
    char folder[200], path[300];
    volatile sig_atomic_t stop;
    int64_t stop_at, shown, notes, validations, saves;
    long allocations_from, allocations_to;
    double metric[50]; /* what `measure` reports, one validation after the other */
    char last_note[1024];
    void (*on_measure)(void *self, qp_metrics *metrics); /* called by `measure` in place of `metric` */
    void (*on_batch)(void *self);                        /* before an update */
    void (*on_progress)(void *self, const qp_progress *p);
    void *watcher;       /* self of these */
    double left_at_half; /* seconds, as reported half way through 20 epochs */
} toy_run;

/* toy_run_new   — small defaults; its folder is in /tmp and carries `name`.
 * toy_run_again — runs it as a new process would: new parameters, the folder unchanged. */
toy_run *toy_run_new(const char *name);
qp_status toy_run_again(toy_run *r);
qp_status toy_run_measure(void *self, int threads, qp_metrics *metrics); /* a hook that may be set */
void toy_run_free(toy_run *r);

#endif
