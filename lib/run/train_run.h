#ifndef QP_TRAIN_RUN_H
#define QP_TRAIN_RUN_H

#include "lib/run/model_objective.h"
#include "lib/run/settings/train_settings.h"
#include "lib/run/train_data.h"
#include "lib/run/train_folder.h"

/* train_run — one training, put together from settings: tokenizers, corpora, model, batches, validation, trainer.
 *
 *     qp_train_run run;
 *     qp_status status = qp_train_run_prepare(&run, &settings, &hooks);
 *     if (status == QP_OK) status = qp_trainer_run(&run.trainer, &result);
 *     qp_train_run_free(&run);
 */

/* Callbacks; each may be NULL.
 *   begun     the run's folder exists; nothing has been read yet
 *   read      the data is read, the model not yet built
 *   progress  after every update       note  one line worth reporting
 *   stop      not 0: save and return QP_ESTOPPED
 *   cluster   the ranks that train together, each of which prepares and runs the same; NULL: this process alone. Rank 0
 *             alone keeps the run's folder. */
typedef struct {
    void *self;
    qp_status (*begun)(void *self);
    void (*read)(void *self, const qp_train_data *data, const qp_train_task *task);
    void (*progress)(void *self, const qp_progress *progress);
    void (*note)(void *self, const char *line);
    const volatile sig_atomic_t *stop;
    qp_cluster *cluster;
} qp_train_hooks;

typedef struct {
    qp_train_settings *settings;
    const qp_train_hooks *hooks;
    const qp_train_task *task;
    qp_train_folder folder;
    char fingerprint[QP_FINGERPRINT_BYTES];
    uint64_t embeddings; /* a hash of the word vectors taken */
    qp_package *teacher; /* --teacher, else NULL */
    uint64_t teacher_hash;
    qp_train_data data;
    qp_model_objective train_loss, valid_loss;
    qp_trainer trainer;
} qp_train_run;

/* qp_train_run_prepare — read everything and build the model, up to the first update. Borrows settings and hooks.
 *   keep  in MODEL.run, to be resumed; false: nothing is written but the final model, if settings->job.model names one.
 * qp_train_run_free — also after a failure of prepare.
 * qp_train_run_package — hand out the package; the caller frees it. Its weights are the final ones after
 *   qp_trainer_run.
 * Errors  those of its parts. */
qp_status qp_train_run_prepare(qp_train_run *run, qp_train_settings *settings, bool keep, const qp_train_hooks *hooks);
qp_package *qp_train_run_package(qp_train_run *run);
void qp_train_run_free(qp_train_run *run);

#endif
