#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/threads.h"
#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/trainer_internal.h"

qp_status qp_training_config_check(const qp_training_config *config)
{
    qp_run_reset reset;
    if (config->time_limit[0] && qp_duration_parse(config->time_limit) <= 0)
        return qp_fail(QP_EUSAGE, "--time-limit: '%.40s' is not a duration; write 90s, 30m, 2h or 1h30m",
                       config->time_limit);
    return qp_run_reset_parse(config->reset, &reset);
}

static qp_status check_config(qp_run *run)
{
    const qp_training_config *c = run->config;
    QP_TRY(qp_training_config_check(c));
    if (c->time_limit[0]) run->time_limit = qp_duration_parse(c->time_limit);
    QP_TRY(qp_run_reset_parse(c->reset, &run->reset));
    run->epochs = c->epochs;
    if (!c->epochs && !c->steps && !c->train_tokens && run->time_limit <= 0 && !c->early_stopping)
        run->epochs = QP_EPOCHS_UNLESS_LIMITED;
    if (c->early_stopping > 0 && !qp_run_validates(run))
        return qp_fail(QP_EUSAGE, "--early-stopping: there is no validation data; give it or leave the option out");
    if (run->schedule.lr_schedule == QP_SCHEDULE_PLATEAU && !qp_run_validates(run))
        return qp_fail(QP_EUSAGE,
                       "--lr-schedule plateau: there is no validation data; give it or choose another schedule");
    if (run->trainer->train->carry_count && c->accum > 1)
        return qp_fail(QP_EUSAGE, "--carry: each batch continues where the last one ended, so --accum cannot combine "
                                  "them; use --accum 1");
    if (run->schedule.lr_total == 0) run->schedule.lr_total = c->steps;
    return qp_schedule_check(&run->schedule);
}

/* "encoder.layers.3.": the number of the layer, and the bytes of what names its stack; -1: not in a layer. */
static int layer_of(const char *name, size_t *stack_bytes)
{
    static const char mark[] = ".layers.";
    const char *found = strstr(name, mark);
    *stack_bytes = found ? (size_t)(found - name) : 0;
    return found ? atoi(found + sizeof mark - 1) : -1;
}

/* Embeddings with what is added to them before the first layer: positions, segments, a norm. */
static bool is_embedding(const char *name)
{
    static const char *const added[] = {".positions.", ".segments.", ".embedding_norm."};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        if (strstr(name, added[i])) return true;
    return strncmp(name, "embed.", 6) == 0 || strncmp(name, "src_embed.", 10) == 0 ||
           strncmp(name, "tgt_embed.", 10) == 0;
}

/* The factor on the rate of one parameter: decay^(L - l) in layer l = 0 .. L - 1 of a stack, decay^(L + 1) in the
 * embeddings below the highest stack, 1 elsewhere.    Source  Clark et al. 2020, ELECTRA; Bao et al. 2022, BEiT. */
static double layer_rate(const qp_params *params, int index, double decay)
{
    const char *name = qp_params_at(params, index)->name;
    size_t stack, other;
    int layer = layer_of(name, &stack), layers = 0;
    if (decay >= 1 || (layer < 0 && !is_embedding(name))) return 1;
    for (int i = 0; i < qp_params_count(params); i++) {
        const char *at = qp_params_at(params, i)->name;
        int number = layer_of(at, &other);
        if (layer >= 0 && (other != stack || strncmp(at, name, stack) != 0)) continue;
        if (number >= layers) layers = number + 1;
    }
    return pow(decay, layer < 0 ? layers + 1 : layers - layer);
}

/* Parts of the gradient that are sent one by one. */
static int buckets_of(const qp_run *run)
{
    return qp_gradient_buckets(qp_params_size(run->trainer->params), run->config->gradient_bucket);
}

static qp_status make_optimizer(qp_run *run)
{
    const qp_params *params = run->trainer->params;
    int count = qp_params_count(params), frozen = 0;
    qp_optimizer_span *span = calloc((size_t)count + 1, sizeof *span);
    if (!span) return qp_fail(QP_EMEMORY, "training: out of memory");
    for (int i = 0; i < count; i++) {
        const qp_parameter *p = qp_params_at(params, i);
        span[i] = (qp_optimizer_span){.offset = p->offset,
                                      .rows = p->rows,
                                      .columns = p->columns,
                                      .decay = p->decay || run->config->decay_all,
                                      .matrix = p->decay,
                                      .frozen = p->keep != 0 || p->frozen || qp_run_frozen(run, p->name),
                                      .rate = layer_rate(params, i, run->config->layer_decay)};
        frozen += qp_run_frozen(run, p->name);
    }
    qp_status status = qp_optimizer_new_parts(run->trainer->optimizer, qp_params_size(params), span, count,
                                              run->trainer->cluster, buckets_of(run), &run->optimizer);
    free(span);
    if (status == QP_OK && run->config->freeze[0] && (frozen == 0 || frozen == count))
        status = qp_fail(QP_EUSAGE, "--freeze: '%.100s' matches %s parameter; `quipu info` lists their names",
                         run->config->freeze, frozen ? "every" : "no");
    return status;
}

static qp_status make_workers(qp_run *run)
{
    const qp_training_config *c = run->config;
    qp_params *params = run->trainer->params;
    int threads = qp_threads_of(c->threads);
    QP_TRY(qp_shards_new(params, threads, c->shard_rows, &run->shards));
    if (c->precision == QP_PRECISION_BF16) qp_shards_set_bf16(run->shards);
    if (c->accum_mean == QP_ACCUM_BATCHES) qp_shards_set_batch_mean(run->shards);
    QP_TRY(qp_shards_set_type(run->shards, (int)c->gradient_type));
    QP_TRY(qp_shards_set_cluster(run->shards, run->trainer->cluster, qp_optimizer_parts(run->optimizer),
                                 buckets_of(run)));
    QP_TRY(qp_weight_noise_init(&run->noise, params, c->weight_noise, threads));
    run->batch = calloc((size_t)c->accum, sizeof *run->batch);
    return run->batch ? QP_OK : qp_fail(QP_EMEMORY, "training: out of memory");
}

static qp_status open_log(qp_run *run)
{
    char path[QP_RUN_PATH_BYTES];
    QP_TRY(qp_folder_make(run->trainer->folder));
    snprintf(path, sizeof path, "%s/train.log", run->trainer->folder);
    run->log = fopen(path, "a");
    if (run->log) return QP_OK;
    return qp_fail(qp_status_of_errno(QP_ECREATE), "%s: cannot be written: %s; give another folder or its permissions",
                   path, strerror(errno));
}

static void note_skipped(void *self, const char *line) { qp_run_note(self, "%s", line); }

/* Puts the run where the folder's last save is, or at the beginning. */
static qp_status resume(qp_run *run)
{
    qp_trainer *t = run->trainer;
    bool found = false;
    run->state = (qp_run_state){.epoch = 1, .carry = t->train->carry, .carry_count = t->train->carry_count};
    qp_plateau_init(&run->schedule, &run->plateau);
    run->saved_update = -1;
    run->started = qp_run_clock();
    if (!qp_run_writes(run) || t->start_over) return QP_OK;
    QP_TRY(qp_checkpoint_load(&run->checkpoint, &run->reset, note_skipped, run, &run->state, &found));
    if (!found) {
        run->reset = (qp_run_reset){0};
        return QP_OK;
    }
    const qp_run_state *s = &run->state;
    if (!run->reset.schedule)
        run->plateau = (qp_plateau){.rate = s->plateau_rate,
                                    .best = s->plateau_best,
                                    .bad = s->plateau_bad,
                                    .rest = s->plateau_rest,
                                    .seen = s->plateau_seen != 0};
    run->started -= s->seconds;
    run->saved_update = s->update;
    return QP_OK;
}

qp_status qp_run_open(qp_run *run, qp_trainer *t)
{
    run->trainer = t;
    run->config = t->config;
    run->schedule = *t->schedule;
    QP_TRY(check_config(run));
    QP_TRY(make_optimizer(run));
    QP_TRY(make_workers(run));
    run->checkpoint = (qp_checkpoint){.folder = t->folder,
                                      .fingerprint = t->fingerprint ? t->fingerprint : "",
                                      .params = t->params,
                                      .optimizer = run->optimizer};
    bool writes = qp_run_writes(run);
    if (writes && !t->start_over) QP_TRY(open_log(run));
    QP_TRY(qp_cluster_agree(t->cluster, resume(run)));
    QP_TRY(qp_run_equal_start(run));
    if (t->hooks.begin && qp_cluster_rank(t->cluster) == 0) QP_TRY(t->hooks.begin(t->hooks.self));
    if (writes && !run->log) QP_TRY(open_log(run));
    run->first_update = run->state.update;
    run->validated_share = qp_run_time_share(run);
    return QP_OK;
}

static qp_status close_log(qp_run *run)
{
    char path[QP_RUN_PATH_BYTES];
    snprintf(path, sizeof path, "%s/train.log", run->trainer->folder);
    qp_status status = qp_output_check(run->log, path);
    if (fclose(run->log) != 0 && status == QP_OK) status = qp_fail(QP_EIO, "%s: writing failed", path);
    return status;
}

qp_status qp_run_close(qp_run *run, qp_status status)
{
    char message[512];
    snprintf(message, sizeof message, "%s", qp_error_message());
    qp_status logged = QP_OK, written = qp_metrics_log_close(run->metrics);
    if (run->log) logged = close_log(run);
    qp_weight_noise_free(&run->noise);
    qp_shards_free(run->shards);
    qp_optimizer_free(run->optimizer);
    free(run->batch);
    if (status != QP_OK) return qp_fail(status, "%s", message);
    return written != QP_OK ? written : logged;
}
