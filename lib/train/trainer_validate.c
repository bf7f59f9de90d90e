#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/train/trainer_internal.h"

enum { PATH_BYTES = 4096 };

void qp_run_note(qp_run *run, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (run->trainer->hooks.note) run->trainer->hooks.note(run->trainer->hooks.self, line);
    if (run->log) {
        fprintf(run->log, "%s\n", line);
        fflush(run->log);
    }
}

bool qp_run_validates(const qp_run *run) { return run->trainer->valid || run->trainer->hooks.measure; }

void qp_metrics_add(qp_metrics *metrics, const char *name, double value)
{
    if (metrics->count == QP_METRICS_MAX) return;
    snprintf(metrics->entry[metrics->count].name, sizeof metrics->entry->name, "%s", name);
    metrics->entry[metrics->count++].value = value;
}

qp_status qp_validation_loss(qp_shards *shards, const qp_loss_function *loss, qp_batch_source *source, double *mean)
{
    int64_t count, rows = 0;
    double sum = 0;
    QP_TRY(source->begin(source->self, 0, &count));
    for (int64_t i = 0; i < count; i++) {
        qp_batch batch;
        qp_shards_result result;
        QP_TRY(source->get(source->self, i, 0, &batch));
        QP_TRY(qp_shards_evaluate(shards, loss, &batch, 1, &result));
        sum += result.loss;
        rows += result.target_rows;
    }
    if (rows == 0) return qp_fail(QP_EDATA, "validation: no tokens; give a validation set with text in it");
    *mean = sum / (double)rows;
    return QP_OK;
}

/* Exchange the weights with their exponential mean; a second call puts everything back. */
static void swap_mean(qp_run *run)
{
    qp_real *mean = qp_optimizer_mean(run->optimizer), *weight = qp_params_block(run->trainer->params);
    for (size_t i = 0; mean && qp_optimizer_updates(run->optimizer) > 0 && i < qp_params_size(run->trainer->params);
         i++) {
        qp_real value = weight[i];
        weight[i] = mean[i];
        mean[i] = value;
    }
}

static qp_status measure(qp_run *run, qp_metrics *metrics)
{
    qp_trainer *t = run->trainer;
    metrics->count = 0;
    if (t->valid) {
        double loss;
        const qp_loss_function *function = t->valid_loss.loss ? &t->valid_loss : &t->loss;
        QP_TRY(qp_validation_loss(run->shards, function, t->valid, &loss));
        qp_metrics_add(metrics, "loss", loss);
        if (!t->no_perplexity) qp_metrics_add(metrics, "perplexity", exp(loss));
    }
    if (t->hooks.measure) QP_TRY(t->hooks.measure(t->hooks.self, qp_shards_threads(run->shards), metrics));
    return QP_OK;
}

static const char *const metric_name[] = {"loss", "bleu", "chrf", "accuracy", "f1"};

static qp_status chosen_metric(const qp_run *run, const qp_metrics *metrics, double *value)
{
    const char *name = metric_name[run->config->early_stopping_metric];
    for (int i = 0; i < metrics->count; i++)
        if (strcmp(metrics->entry[i].name, name) == 0) {
            *value = metrics->entry[i].value;
            return QP_OK;
        }
    return qp_fail(QP_EUSAGE,
                   "--early-stopping-metric: %s is not measured; give validation data and --valid-metrics %s", name,
                   name);
}

static void note_metrics(qp_run *run, const char *what, const qp_metrics *metrics, bool best)
{
    char text[512];
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < metrics->count && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "  %s %.4g", metrics->entry[i].name,
                               metrics->entry[i].value);
    qp_run_note(run, "%s%s%s", what, text, best ? "  (best so far)" : "");
}

/* Count the metric in: best, patience, plateau. */
static bool judge(qp_run *run, double value)
{
    bool higher = run->config->early_stopping_metric != QP_BY_LOSS;
    qp_run_state *s = &run->state;
    bool better = s->validated_update == 0 || (higher ? value > s->best_metric : value < s->best_metric);
    if (better) {
        s->best_metric = value;
        s->best_update = s->update;
        s->bad_validations = 0;
    } else {
        s->bad_validations++;
    }
    qp_plateau_update(&run->schedule, &run->plateau, value, higher);
    s->validated_update = s->update;
    return better;
}

/* model-UPDATE for the mean of the last ones, best for the best one. */
static qp_status keep_model(qp_run *run, bool better)
{
    qp_trainer *t = run->trainer;
    qp_run_state *s = &run->state;
    char path[PATH_BYTES];
    if (!t->folder || !t->hooks.save_model) return QP_OK;
    QP_TRY(t->hooks.save_model(t->hooks.self, qp_checkpoint_path(t->folder, "model", s->update, path, sizeof path)));
    snprintf(path, sizeof path, "%s/best.safetensors", t->folder);
    if (better) QP_TRY(t->hooks.save_model(t->hooks.self, path));
    while (s->models >= run->config->average) {
        s->models--;
        memmove(s->model, s->model + 1, (size_t)s->models * sizeof *s->model);
    }
    s->model[s->models++] = s->update;
    return QP_OK;
}

qp_status qp_run_validate(qp_run *run)
{
    qp_metrics metrics;
    double value = 0;
    swap_mean(run);
    qp_status status = measure(run, &metrics);
    if (status == QP_OK) status = chosen_metric(run, &metrics, &value);
    if (status == QP_OK && !isfinite(value))
        status = qp_fail(QP_EDATA,
                         "update %" PRId64 ": the validation's %s is not finite; use a lower --lr or --clip-norm",
                         run->state.update, metric_name[run->config->early_stopping_metric]);
    if (status == QP_OK) {
        char what[64];
        bool better = judge(run, value);
        snprintf(what, sizeof what, "validation at update %" PRId64, run->state.update);
        note_metrics(run, what, &metrics, better);
        if (run->metrics)
            qp_metrics_log_validation(run->metrics, run->state.update,
                                      run->state.epoch - (run->state.batch == 0 && run->state.epoch > 1), &metrics);
        status = keep_model(run, better);
    }
    swap_mean(run);
    if (status == QP_OK) run->state.validation_due = 0;
    return status;
}

qp_status qp_run_save(qp_run *run)
{
    qp_trainer *t = run->trainer;
    qp_run_state *s = &run->state;
    if (!t->folder) return QP_OK;
    s->seconds = qp_run_clock() - run->started;
    s->plateau_rate = run->plateau.rate;
    s->plateau_best = run->plateau.best;
    s->plateau_bad = run->plateau.bad;
    s->plateau_rest = run->plateau.rest;
    s->plateau_seen = run->plateau.seen;
    QP_TRY(qp_checkpoint_save(t->folder, s, run->fingerprint, t->params, run->optimizer));
    run->saved_update = s->update;
    qp_checkpoint_prune(t->folder, "state", s->update, run->config->keep);
    qp_checkpoint_prune(t->folder, "model", s->update, run->config->average + run->config->keep);
    return QP_OK;
}

/* Put the mean of the last validated models, or the best one, into params. */
static qp_status load_final(qp_run *run, qp_trainer_result *result)
{
    const qp_run_state *s = &run->state;
    const char *folder = run->trainer->folder;
    int count = run->config->average > 1 ? s->models : 1;
    char(*path)[PATH_BYTES] = calloc((size_t)count, sizeof *path);
    const char **list = calloc((size_t)count, sizeof *list);
    qp_status status = path && list ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", folder);
    for (int i = 0; status == QP_OK && i < count; i++) {
        list[i] = path[i];
        if (run->config->average > 1)
            qp_checkpoint_path(folder, "model", s->model[i], path[i], PATH_BYTES);
        else
            snprintf(path[i], PATH_BYTES, "%s/best.safetensors", folder);
    }
    if (status == QP_OK) status = qp_checkpoint_average(list, count, run->trainer->params);
    result->averaged = count;
    free(path);
    free(list);
    return status;
}

qp_status qp_run_finish(qp_run *run, qp_trainer_result *result)
{
    qp_trainer *t = run->trainer;
    result->averaged = 1;
    if (run->state.models > 0) {
        QP_TRY(load_final(run, result));
        if (result->averaged > 1) {
            char what[64];
            qp_metrics metrics;
            QP_TRY(measure(run, &metrics));
            snprintf(what, sizeof what, "mean of the last %d checkpoints", (int)result->averaged);
            note_metrics(run, what, &metrics, false);
        } else {
            qp_run_note(run, "final model: the best one, of update %" PRId64, run->state.best_update);
        }
    } else {
        swap_mean(run);
    }
    if (t->model_path && t->hooks.save_model) QP_TRY(t->hooks.save_model(t->hooks.self, t->model_path));
    return QP_OK;
}
