#ifndef QP_CHECKPOINT_H
#define QP_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/nn/params.h"
#include "lib/train/optimizer.h"
#include "lib/train/schedule.h"

/* checkpoint — everything a training run needs to go on bit for bit, as one safetensors file:
 *   weights/NAME       the parameters            STATE/NAME   the optimizer's blocks (mean, square_mean, ema, ...)
 *   metadata quipu.run.FIELD   the fields below, reals as the 16 hexadecimal digits of their bits
 * A save is complete or absent; each carries a checksum. A damaged one is passed over for the one before it. */

#define QP_RUN_INTEGERS(X)                                                                                             \
    X(update)                                                                                                          \
    X(epoch)                                                                                                           \
    X(batch)                                                                                                           \
    X(target_tokens)                                                                                                   \
    X(validation_due)                                                                                                  \
    X(validated_update)                                                                                                \
    X(window_tokens) X(best_update) X(bad_validations) X(plateau_bad) X(plateau_rest) X(plateau_seen)
/* Counters that follow the updates, but may be set back apart from them; a save without them counts the updates. */
#define QP_RUN_CLOCKS(X) X(optimizer_update) X(schedule_update)
#define QP_RUN_REALS(X) X(seconds) X(window_loss) X(best_metric) X(plateau_rate) X(plateau_best)

enum { QP_CHECKPOINTS_MAX = 1000 };

/*   update            updates done          epoch    the one under way, from 1       batch   done in this epoch
 *   validation_due    a validation stands out after this update       validated_update   of the last one; 0: none
 *   optimizer_update, schedule_update   what the optimizer's moments and the learning rate go by
 *   window_*          since the last shown update: what the next metrics line is the mean of
 *   model             updates of the last validated models, for averaging, oldest first */
typedef struct {
#define DECLARE(name) int64_t name;
    QP_RUN_INTEGERS(DECLARE)
    QP_RUN_CLOCKS(DECLARE)
#undef DECLARE
#define DECLARE(name) double name;
    QP_RUN_REALS(DECLARE)
#undef DECLARE
    int64_t model[QP_CHECKPOINTS_MAX];
    int models;
    qp_real *carry; /* borrowed; what the batches' source hands on (qp_batch_source), as array `carry` */
    size_t carry_count;
} qp_run_state;

/* What going on forgets (--reset): the optimizer's moments; how far the learning rate has come; how far the run has come
 * (updates, epochs, the best validation). */
typedef struct {
    bool optimizer, schedule, counters;
} qp_run_reset;

/* qp_run_reset_parse — of "optimizer,schedule,counters" or some of them.   Errors  QP_EUSAGE. */
qp_status qp_run_reset_parse(const char *text, qp_run_reset *reset);

/* qp_checkpoint_path — folder/KIND-UPDATE.safetensors, KIND "state" or "model"; returns text. */
const char *qp_checkpoint_path(const char *folder, const char *kind, int64_t update, char *text, size_t bytes);

/* qp_checkpoint_save — write folder/state-UPDATE.safetensors.   Errors  QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_checkpoint_save(const char *folder, const qp_run_state *state, const char *fingerprint, qp_params *params,
                             qp_optimizer *optimizer);

/* qp_checkpoint_load — the newest state of the folder that is whole; *found false when there is none at all.
 * reset    in: what to forget of a save made with other options, whose fingerprint then need be equal only up to its
 *          first blank (the model); out: what was forgotten, nothing if the save has this very fingerprint, so that a
 *          command with --reset goes on when it is given again
 * note     told of every damaged one passed over; may be NULL
 * Errors   QP_EDATA when all are damaged; QP_EUSAGE when the fingerprint differs or the model has another shape. */
qp_status qp_checkpoint_load(const char *folder, const char *fingerprint, qp_run_reset *reset, qp_params *params,
                             qp_optimizer *optimizer, void (*note)(void *self, const char *line), void *self,
                             qp_run_state *state, bool *found);

/* qp_checkpoint_prune — of the files of one kind up to `update`, remove all but the newest `keep`. */
void qp_checkpoint_prune(const char *folder, const char *kind, int64_t update, int64_t keep);

/* qp_checkpoint_discard — of the files of one kind, remove those after `update`: their counters were set back. */
void qp_checkpoint_discard(const char *folder, const char *kind, int64_t update);

/* qp_checkpoint_average — params = mean of the weights in model files, summed in double in the order given (one file:
 * its weights).   Errors  QP_ENOINPUT, QP_EDATA (a parameter missing or of another shape; damage), QP_EMEMORY. */
qp_status qp_checkpoint_average(const char *const *path, int count, qp_params *params);

#endif
