#ifndef QP_CHECKPOINT_H
#define QP_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/nn/params.h"
#include "lib/train/optimizer.h"
#include "lib/train/schedule.h"

/* checkpoint — everything a training run needs to resume bit for bit, as one safetensors file:
 *   weights/NAME       the parameters            STATE/NAME   the optimizer's blocks (mean, square_mean, ema, ...)
 *   metadata quipu.run.FIELD   the fields below, reals as the 16 hexadecimal digits of their bits
 * A save is complete or absent and has a checksum; a damaged one is skipped in favour of the one before it. */

/* X(name), each an int64_t of qp_run_state */
#define QP_RUN_INTEGERS(X)                                                                                             \
    X(update)                                                                                                          \
    X(epoch)                                                                                                           \
    X(batch) X(target_tokens) X(validation_due) X(validated_update) X(window_tokens) X(best_update) X(bad_validations) \
        X(plateau_bad) X(plateau_rest) X(plateau_seen)
/* Counters that can be reset separately from the updates; a save without them uses the number of updates. */
#define QP_RUN_CLOCKS(X) X(optimizer_update) X(schedule_update)
/* Of a source with portions (qp_batch_source.more), 0 elsewhere and in saves without them. */
#define QP_RUN_PORTIONS(X) X(portion) X(portion_batch)
#define QP_RUN_REALS(X) X(seconds) X(window_loss) X(best_metric) X(plateau_rate) X(plateau_best)

enum { QP_CHECKPOINTS_MAX = 1001 }; /* one more than --average may be */

/*   update            updates done          epoch    the current one, from 1         batch   batches done in this epoch
 *   validation_due    a validation follows this update                validated_update   of the last one; 0: none
 *   optimizer_update, schedule_update   update counts of the optimizer and of the learning rate
 *   portion, portion_batch   the present portion of the epoch, and its first batch
 *   window_*          loss and tokens since the last reported update: the next metrics line is their mean
 *   bad_validations   validations without improvement                 plateau_*   state of the plateau schedule
 *   model             updates of the last validated models, for averaging, oldest first */
typedef struct {
#define DECLARE(name) int64_t name;
    QP_RUN_INTEGERS(DECLARE)
    QP_RUN_CLOCKS(DECLARE)
    QP_RUN_PORTIONS(DECLARE)
#undef DECLARE
#define DECLARE(name) double name;
    QP_RUN_REALS(DECLARE)
#undef DECLARE
    int64_t model[QP_CHECKPOINTS_MAX];
    int models;
    qp_real *carry; /* borrowed; state carried between batches (qp_batch_source), as array `carry` */
    size_t carry_count;
} qp_run_state;

/* What resuming resets (--reset): the optimizer's moments; the position in the learning-rate schedule; the counters of
 * the run (updates, epochs, the best validation). */
typedef struct {
    bool optimizer, schedule, counters;
} qp_run_reset;

/* qp_run_reset_parse — from a list of optimizer, schedule, counters.   Errors  QP_EUSAGE. */
qp_status qp_run_reset_parse(const char *text, qp_run_reset *reset);

/* qp_checkpoint_path — folder/KIND-UPDATE.safetensors, KIND "state" or "model"; returns text. */
const char *qp_checkpoint_path(const char *folder, const char *kind, int64_t update, char *text, size_t bytes);

/* What a checkpoint reads and writes besides the state. */
typedef struct {
    const char *folder;
    const char *fingerprint; /* identifies model, data and options; begins with the model's own, then a blank */
    qp_params *params;
    qp_optimizer *optimizer;
} qp_checkpoint;

/* qp_checkpoint_save — writes folder/state-UPDATE.safetensors.   Errors  QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_checkpoint_save(const qp_checkpoint *checkpoint, const qp_run_state *state);

/* qp_checkpoint_load — the newest undamaged state of the folder; *found false when there is none at all.
 * reset    in: what to reset in a save made with other options, whose fingerprint then has to be equal only up to its
 *          first blank (the model); out: what was reset: nothing if the save has the same fingerprint, so that a
 *          command with --reset can be repeated to resume
 * note     receives a line about every damaged save that is skipped; may be NULL
 * Errors   QP_EDATA when all are damaged; QP_EUSAGE when the fingerprint differs or the model has another shape. */
qp_status qp_checkpoint_load(const qp_checkpoint *checkpoint, qp_run_reset *reset,
                             void (*note)(void *self, const char *line), void *self, qp_run_state *state, bool *found);

/* qp_checkpoint_fingerprint — the fingerprint of the newest state of a folder; false: none can be read.
 * qp_checkpoint_same_run — does a saved fingerprint belong to a run that now has this one? Words at the end that an
 *   older version did not write do not count. */
bool qp_checkpoint_fingerprint(const char *folder, char *text, size_t bytes);
bool qp_checkpoint_same_run(const char *saved, const char *fingerprint);

/* qp_checkpoint_prune — removes the files of one kind up to `update`, except the newest `keep`. */
void qp_checkpoint_prune(const char *folder, const char *kind, int64_t update, int64_t keep);

/* qp_checkpoint_discard — removes the files of one kind after `update`, after the counters were reset. */
void qp_checkpoint_discard(const char *folder, const char *kind, int64_t update);

/* qp_checkpoint_average — params = mean of the weights in model files, summed in double in the order given.   Errors
 * QP_ENOINPUT, QP_EDATA (a parameter missing or of another shape; damage), QP_EMEMORY. */
qp_status qp_checkpoint_average(const char *const *path, int count, qp_params *params);

#endif
