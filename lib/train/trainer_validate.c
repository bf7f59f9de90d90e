#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/train/trainer_internal.h"

static void swap(size_t begin, size_t end, qp_real *a, qp_real *b)
{
    for (size_t i = begin; i < end; i++) {
        qp_real value = a[i];
        a[i] = b[i];
        b[i] = value;
    }
}

qp_status qp_run_swap_mean(qp_run *run)
{
    qp_real *mean = qp_optimizer_mean(run->optimizer), *weight = qp_params_block(run->trainer->params);
    const size_t whole[] = {0, qp_params_size(run->trainer->params) * sizeof *mean};
    const size_t *part = qp_optimizer_parts(run->optimizer);
    int rank = part ? qp_cluster_rank(run->trainer->cluster) : 0;
    int ranks = part ? qp_cluster_ranks(run->trainer->cluster) : 1;
    if (!mean || qp_optimizer_updates(run->optimizer) == 0) return QP_OK;
    for (int p = rank, parts = ranks * qp_optimizer_rounds(run->optimizer); p < parts; p += ranks)
        swap((part ? part : whole)[p] / sizeof *mean, (part ? part : whole)[p + 1] / sizeof *mean, weight, mean);
    return qp_run_join_weights(run);
}

/* Mean loss per target token over all batches of the source; the same bits for any number of threads. */
static qp_status validation_loss(qp_shards *shards, const qp_loss_function *loss, qp_batch_source *source, double *mean)
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

qp_status qp_run_measure(qp_run *run, qp_metrics *metrics)
{
    qp_trainer *t = run->trainer;
    metrics->count = 0;
    if (t->valid) {
        double loss = 0;
        const qp_loss_function *function = t->valid_loss.loss ? &t->valid_loss : &t->loss;
        QP_TRY(validation_loss(run->shards, function, t->valid, &loss));
        qp_metrics_add(metrics, "loss", loss);
        if (!t->no_perplexity) qp_metrics_add(metrics, "perplexity", exp(loss));
    }
    if (!t->hooks.measure) return QP_OK;
    return qp_cluster_agree(t->cluster, t->hooks.measure(t->hooks.self, qp_shards_threads(run->shards), metrics));
}

static qp_status find_stopping_metric(const qp_run *run, const qp_metrics *metrics, double *value)
{
    const char *name = qp_stopping_metric_name(run->config->early_stopping_metric);
    const double *found = qp_metrics_find(metrics, name);
    if (!found) {
        char measured[200] = "";
        for (int i = 0, used = 0; i < metrics->count && used < (int)sizeof measured; i++)
            used += snprintf(measured + used, sizeof measured - (size_t)used, "%s%s", i ? ", " : "",
                             metrics->entry[i].name);
        return qp_fail(QP_EUSAGE, "--early-stopping-metric: %s is not measured; choose from %s", name, measured);
    }
    if (!isfinite(*found))
        return qp_fail(QP_EDATA,
                       "update %" PRId64 ": the validation's %s is not finite; use a lower --lr or --clip-norm",
                       run->state.update, name);
    *value = *found;
    return QP_OK;
}

void qp_run_note_metrics(qp_run *run, const char *what, const qp_metrics *metrics, const char *comment)
{
    char text[512];
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < metrics->count && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "  %s %.4g", metrics->entry[i].name,
                               metrics->entry[i].value);
    qp_run_note(run, "%s%s%s", what, text, comment);
}

/* Updates the best metric and the count of validations without improvement; returns whether this one is the best. */
static bool compare_with_best(qp_run *run, double value, bool higher_is_better)
{
    qp_run_state *s = &run->state;
    bool better = s->validated_update == 0 || (higher_is_better ? value > s->best_metric : value < s->best_metric);
    if (better) {
        s->best_metric = value;
        s->best_update = s->update;
        s->bad_validations = 0;
    } else {
        s->bad_validations++;
    }
    s->validated_update = s->update;
    return better;
}

/* Writes the validation to the logs, and what follows from it. */
static qp_status log_validation(qp_run *run, const qp_metrics *metrics, bool better)
{
    const qp_run_state *s = &run->state;
    char what[64], comment[96] = "  (best so far)";
    snprintf(what, sizeof what, "validation at update %" PRId64, s->update);
    if (!better)
        snprintf(comment, sizeof comment, "  (best: %.4g at update %" PRId64 ")", s->best_metric, s->best_update);
    qp_run_note_metrics(run, what, metrics, comment);
    int64_t epoch = s->epoch - (s->batch == 0 && s->epoch > 1);
    return run->metrics ? qp_metrics_log_validation(run->metrics, s->update, epoch, metrics) : QP_OK;
}

/* Every --valid-freq updates; not the one at the end of a run that a larger --steps continues. */
static bool is_regular(const qp_run *run, int64_t update)
{
    return run->config->valid_freq <= 0 || run->time_limit > 0 || update % run->config->valid_freq == 0;
}

/* Saves model-UPDATE, for the mean of the last ones, and best. One more than the mean needs is remembered, for the case
 * that the last one is not regular and is dropped. */
static qp_status save_models(qp_run *run, bool better)
{
    qp_trainer *t = run->trainer;
    qp_run_state *s = &run->state;
    char path[QP_RUN_PATH_BYTES];
    bool writes = qp_run_writes(run);
    if (!t->folder || !t->hooks.save_model) return QP_OK;
    qp_checkpoint_path(t->folder, "model", s->update, path, sizeof path);
    if (writes) QP_TRY(t->hooks.save_model(t->hooks.self, path));
    snprintf(path, sizeof path, "%s/best.safetensors", t->folder);
    if (writes && better) QP_TRY(t->hooks.save_model(t->hooks.self, path));
    if (s->models > 0 && !is_regular(run, s->model[s->models - 1])) s->models--;
    while (s->models > run->config->average) { /* with this one, one more than the final model is the mean of */
        s->models--;
        memmove(s->model, s->model + 1, (size_t)s->models * sizeof *s->model);
    }
    s->model[s->models++] = s->update;
    return QP_OK;
}

/* Validation of the current weights. */
static qp_status validate(qp_run *run)
{
    bool higher_is_better = run->config->early_stopping_metric != QP_BY_LOSS;
    qp_metrics metrics;
    double value = 0;
    QP_TRY(qp_run_measure(run, &metrics));
    QP_TRY(find_stopping_metric(run, &metrics, &value));
    bool better = compare_with_best(run, value, higher_is_better);
    QP_TRY(log_validation(run, &metrics, better));
    if (qp_plateau_update(&run->schedule, &run->plateau, value, higher_is_better) &&
        run->schedule.lr_schedule == QP_SCHEDULE_PLATEAU)
        qp_run_note(run, "plateau: the learning rate is cut to %.3g", run->plateau.rate);
    return save_models(run, better);
}

qp_status qp_run_validate(qp_run *run)
{
    QP_TRY(qp_run_swap_mean(run));
    qp_status status = validate(run);
    bool together = status == QP_OK || status == QP_ESTOPPED; /* a rank alone cannot join weights */
    if (together || !run->trainer->cluster) QP_TRY(qp_run_swap_mean(run));
    if (status == QP_OK) run->state.validation_due = 0;
    return status;
}
