#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/files/lock.h"
#include "lib/quipu_internal.h"
#include "lib/run/settings/option_uses.h"
#include "lib/run/settings/presets.h"
#include "lib/run/train_ngram.h"
#include "lib/run/train_run.h"

/* One call of quipu_train. */
typedef struct {
    const quipu_training *training;
    qp_train_settings settings;
    int file[QP_PARTS]; /* descriptors of texts in memory; -1: none */
    volatile sig_atomic_t stop;
} job;

/* ---- options ---- */

static bool same_name(const char *a, const char *b)
{
    while (*a && (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-'))) a++, b++;
    return *a == '\0' && *b == '\0';
}

/* Options of the command that have no meaning here. */
static bool is_of_command(const char *name)
{
    static const char *const names[] = {"progress", "quiet", "log", "dry-run"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (same_name(name, names[i])) return true;
    return false;
}

/* Is the option among those before `end` (NULL: among all)? */
static bool given_before(const job *j, const char *const *end, const char *name)
{
    for (const char *const *option = j->training->option; option && option != end && option[0]; option += 2)
        if (same_name(option[0], name)) return true;
    return false;
}

static bool given(const void *self, const char *name) { return given_before(self, NULL, name); }

static qp_status set_given(job *j)
{
    for (const char *const *option = j->training->option; option && option[0]; option += 2) {
        if (is_of_command(option[0]))
            return qp_fail(QP_EUSAGE, "train: %s is an option of the command; use the callbacks", option[0]);
        if (!option[1]) return qp_fail(QP_EUSAGE, "train: option %s has no value", option[0]);
        bool again = given_before(j, option, option[0]);
        QP_TRY((again ? qp_train_add : qp_train_set)(&j->settings, option[0], option[1]));
    }
    return QP_OK;
}

/* Defaults, then the preset, then the options given, then what follows from them. */
static qp_status set_options(job *j)
{
    const qp_preset *preset;
    if (j->training->size < sizeof *j->training)
        return qp_fail(QP_EUSAGE, "train: the size of quipu_training is not set; use sizeof");
    qp_train_defaults(&j->settings);
    QP_TRY(set_given(j));
    if (*j->settings.job.preset) {
        QP_TRY(qp_preset_find(j->settings.job.preset, &preset));
        QP_TRY(qp_preset_apply(preset, &j->settings));
        QP_TRY(set_given(j));
    }
    QP_TRY(qp_train_complete(&j->settings, given, j));
    j->settings.typed = given;
    bool counts = j->settings.model.decoder == QP_KIND_NGRAM; /* others are checked when what is left open is chosen */
    return counts ? qp_option_uses_check(&j->settings, given, j) : QP_OK;
}

/* ---- texts in memory ---- */

/* Puts a text where the readers of files find it: into an anonymous file in memory. */
static qp_status put_text(job *j, int part, const char *name, const char *text, char path[QP_FIELD_TEXT_BYTES])
{
    if (!text) return QP_OK;
    if (*path) return qp_fail(QP_EUSAGE, "train: both %s_text and the option %s are given; drop one", name, name);
    j->file[part] = memfd_create(name, MFD_CLOEXEC);
    if (j->file[part] < 0) return qp_fail(QP_EMEMORY, "train: %s_text: %s", name, strerror(errno));
    for (size_t at = 0, bytes = strlen(text); at < bytes;) {
        ssize_t written = write(j->file[part], text + at, bytes - at);
        if (written < 0 && errno != EINTR) return qp_fail(QP_EMEMORY, "train: %s_text: %s", name, strerror(errno));
        if (written > 0) at += (size_t)written;
    }
    snprintf(path, QP_FIELD_TEXT_BYTES, "/proc/self/fd/%d", j->file[part]);
    return QP_OK;
}

/* ---- callbacks ---- */

static void note(void *self, const char *line)
{
    const job *j = self;
    if (j->training->note) j->training->note(j->training->self, line);
}

static void progress(void *self, const qp_progress *p)
{
    job *j = self;
    if (!j->training->progress) return;
    quipu_progress now = {.update = p->update,
                          .epoch = p->epoch,
                          .target_tokens = p->target_tokens,
                          .loss = p->loss,
                          .gradient_norm = p->gradient_norm,
                          .rate = p->rate,
                          .tokens_per_second = p->tokens_per_second,
                          .elapsed_seconds = p->elapsed_seconds,
                          .left_seconds = p->left_seconds,
                          .reported = p->shown};
    if (j->training->progress(j->training->self, &now) != 0) j->stop = 1;
}

/* ---- training ---- */

static qp_status train_ngram(job *j, const qp_train_hooks *hooks, qp_package **package)
{
    const char *model = j->settings.job.model;
    qp_lock *lock;
    QP_TRY(qp_lock_take(model, &lock));
    qp_status status = qp_train_ngram(&j->settings, hooks, package);
    if (status == QP_OK && *model) status = qp_package_save(*package, model);
    qp_lock_release(lock);
    if (status == QP_OK) return QP_OK;
    qp_package_free(*package);
    *package = NULL;
    return status;
}

static qp_status train_updates(job *j, const qp_train_hooks *hooks, qp_package **package, qp_trainer_result *result)
{
    qp_train_run run;
    qp_status status = qp_train_run_prepare(&run, &j->settings, *j->settings.job.model != '\0', hooks);
    if (status == QP_OK) status = qp_trainer_run(&run.trainer, result);
    if (status == QP_OK) status = qp_params_pack(run.trainer.params);
    if (status == QP_OK) *package = qp_train_run_package(&run);
    qp_train_run_free(&run);
    return status;
}

static qp_status train(job *j, qp_package **package, qp_trainer_result *result)
{
    qp_train_hooks hooks = {.self = j, .progress = progress, .note = note, .stop = &j->stop};
    QP_TRY(set_options(j));
    QP_TRY(put_text(j, QP_TRAINING, "train", j->training->train_text, j->settings.job.train));
    QP_TRY(put_text(j, QP_VALIDATION, "valid", j->training->valid_text, j->settings.job.valid));
    return j->settings.model.decoder == QP_KIND_NGRAM ? train_ngram(j, &hooks, package)
                                                      : train_updates(j, &hooks, package, result);
}

quipu_status quipu_train(const quipu_training *training, quipu_package **package, quipu_training_result *result)
{
    job j = {.training = training, .file = {-1, -1}};
    qp_package *made = NULL;
    qp_trainer_result ended = {0};
    if (package) *package = NULL;
    if (result && result->size < sizeof *result)
        return (quipu_status)qp_fail(QP_EUSAGE, "train: the size of quipu_training_result is not set; use sizeof");
    qp_status status = train(&j, &made, &ended);
    for (int part = 0; part < QP_PARTS; part++)
        if (j.file[part] >= 0) close(j.file[part]);
    if (result)
        *result = (quipu_training_result){.size = result->size,
                                          .updates = ended.updates,
                                          .epochs = ended.epochs,
                                          .target_tokens = ended.target_tokens,
                                          .seconds = ended.seconds,
                                          .loss = ended.loss,
                                          .best_metric = ended.validated ? ended.best_metric : 0,
                                          .best_update = ended.best_update};
    if (package)
        *package = made;
    else
        qp_package_free(made);
    return (quipu_status)status;
}
