#include "lib/train/trainer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "lib/train/trainer_internal.h"

static qp_status stop(qp_run *run)
{
    QP_TRY(qp_run_save(run));
    return qp_fail(QP_ESTOPPED, "stopped after update %" PRId64 "%s", run->state.update,
                   run->trainer->folder ? "; everything is saved, the same command resumes from here" : "");
}

static bool save_due(const qp_run *run)
{
    int64_t freq = run->config->save_freq, update = run->state.update;
    return freq > 0 && update > 0 && update % freq == 0 && run->saved_update != update;
}

/* Updates, validations and saves until a limit is reached. */
static qp_status loop(qp_run *run, qp_trainer_end *end)
{
    const volatile sig_atomic_t *asked = run->trainer->hooks.stop;
    for (;;) {
        if (run->state.validation_due) {
            qp_status status = qp_run_validate(run);
            if (status == QP_ESTOPPED) return stop(run);
            QP_TRY(status);
            QP_TRY(qp_run_save(run));
        } else if (save_due(run)) {
            QP_TRY(qp_run_save(run));
        }
        if (qp_cluster_any(run->trainer->cluster, asked && *asked)) return stop(run);
        if (qp_run_at_end(run, end)) {
            if (!qp_run_validates(run) || run->state.validated_update == run->state.update) return QP_OK;
            run->state.validation_due = 1; /* the last weights are validated too */
            continue;
        }
        QP_TRY(qp_run_update(run));
    }
}

/* The marker says that the final model was written; training continues only if a limit was raised since. */
static bool finished_before(qp_run *run, const char *marker)
{
    qp_trainer_end end;
    bool marked = qp_run_writes(run) && qp_file_exists(marker) && run->saved_update >= 0;
    if (run->trainer->model_path && marked) marked = qp_file_exists(run->trainer->model_path);
    return qp_cluster_any(run->trainer->cluster, marked) && qp_run_at_end(run, &end);
}

static qp_status write_marker(const qp_run *run, const char *marker)
{
    qp_writer *writer;
    if (!qp_run_writes(run)) return QP_OK;
    QP_TRY(qp_writer_open(marker, &writer));
    qp_writer_printf(writer, "update %" PRId64 "\n", run->state.update);
    return qp_writer_commit(writer);
}

/* Reports what --reset did. After a reset of the counters the saves of the old count are removed, as soon as the first
 * one of the new count is written. */
static qp_status apply_reset(qp_run *run)
{
    const qp_run_reset *reset = &run->reset;
    const char *folder = run->trainer->folder;
    if (!reset->optimizer && !reset->schedule && !reset->counters) return QP_OK;
    qp_run_note(run, "reset:%s%s%s", reset->optimizer ? " optimizer" : "", reset->schedule ? " schedule" : "",
                reset->counters ? " counters" : "");
    if (!reset->counters) return QP_OK;
    QP_TRY(qp_run_save(run));
    if (!qp_run_writes(run)) return QP_OK;
    qp_checkpoint_discard(folder, "state", run->state.update);
    qp_checkpoint_discard(folder, "model", -1);
    return QP_OK;
}

static qp_status train(qp_run *run, qp_trainer_result *result)
{
    char marker[QP_RUN_PATH_BYTES];
    const char *folder = run->trainer->folder;
    snprintf(marker, sizeof marker, "%s/finished", folder ? folder : "");
    if (finished_before(run, marker)) {
        result->end = QP_END_BEFORE;
        return QP_OK;
    }
    if (qp_run_writes(run)) {
        QP_TRY(qp_file_remove_tree(marker));
        const qp_metrics_log_options options = {.update = run->state.update,
                                                .validated = !run->state.validation_due,
                                                .smoothed = run->config->label_smoothing > 0};
        QP_TRY(qp_metrics_log_open(folder, &options, &run->metrics));
    }
    QP_TRY(apply_reset(run));
    if (result->resumed_update) qp_run_note(run, "resuming after update %" PRId64, result->resumed_update);
    QP_TRY(loop(run, &result->end));
    QP_TRY(qp_run_save(run));
    QP_TRY(qp_run_finish(run, &result->averaged));
    return write_marker(run, marker);
}

static void fill_result(const qp_run *run, qp_trainer_result *result)
{
    const qp_run_state *s = &run->state;
    result->updates = s->update;
    result->epochs = s->epoch - (s->batch == 0);
    result->target_tokens = s->target_tokens;
    result->seconds = run->session.seconds;
    result->tokens_per_second = run->session.seconds > 0 ? (double)run->session.tokens / run->session.seconds : 0;
    result->loss = run->last_loss;
    result->validated = s->validated_update > 0;
    result->best_metric = s->best_metric;
    result->best_update = s->best_update;
}

qp_status qp_trainer_run(qp_trainer *trainer, qp_trainer_result *result)
{
    qp_run *run = calloc(1, sizeof *run);
    *result = (qp_trainer_result){0};
    if (!run) return qp_fail(QP_EMEMORY, "training: out of memory");
    qp_status status = qp_run_open(run, trainer);
    if (run->saved_update > 0) result->resumed_update = run->saved_update;
    if (status == QP_OK) status = train(run, result);
    fill_result(run, result);
    status = qp_run_close(run, status);
    free(run);
    return status;
}
