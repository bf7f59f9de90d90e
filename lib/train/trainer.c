#include "lib/train/trainer.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/base/random.h"
#include "lib/base/threads.h"
#include "lib/train/trainer_internal.h"

enum { PATH_BYTES = 4096 };

QP_FIELD_TABLE(qp_training_fields, "training", qp_training_config, QP_TRAINING_FIELDS);

double qp_run_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- limits ---- */

/* Share of the run that is done by its nearest limit but time; 1 or more: at the end. */
static double share_done(const qp_run *run)
{
    const qp_training_config *c = run->config;
    const qp_run_state *s = &run->state;
    double share = 0;
    if (c->steps > 0) share = fmax(share, (double)s->update / (double)c->steps);
    if (c->train_tokens > 0) share = fmax(share, (double)s->target_tokens / (double)c->train_tokens);
    if (run->epochs > 0) {
        double inside = run->batches > 0 ? (double)s->batch / (double)run->batches : 0;
        share = fmax(share, ((double)(s->epoch - 1) + inside) / (double)c->epochs);
    }
    return share;
}

static bool at_end(const qp_run *run, qp_trainer_end *end)
{
    const qp_training_config *c = run->config;
    const qp_run_state *s = &run->state;
    if (c->early_stopping > 0 && s->bad_validations >= c->early_stopping) return *end = QP_END_EARLY, true;
    if (c->steps > 0 && s->update >= c->steps) return *end = QP_END_STEPS, true;
    if (c->train_tokens > 0 && s->target_tokens >= c->train_tokens) return *end = QP_END_TOKENS, true;
    if (run->epochs > 0 && s->epoch > run->epochs) return *end = QP_END_EPOCHS, true;
    if (run->time_limit > 0 && qp_run_clock() - run->started >= run->time_limit) return *end = QP_END_TIME, true;
    return false;
}

static qp_status check_config(qp_run *run)
{
    const qp_training_config *c = run->config;
    if (c->time_limit[0]) {
        run->time_limit = qp_duration_parse(c->time_limit);
        if (run->time_limit <= 0)
            return qp_fail(QP_EUSAGE, "--time-limit: '%.40s' is no duration; write 90s, 30m, 2h or 1h30m",
                           c->time_limit);
    }
    QP_TRY(qp_run_reset_parse(c->reset, &run->reset));
    run->epochs = c->epochs;
    if (!c->epochs && !c->steps && !c->train_tokens && run->time_limit <= 0 && !c->early_stopping)
        run->epochs = QP_EPOCHS_UNLESS_LIMITED;
    if (c->early_stopping > 0 && !qp_run_validates(run))
        return qp_fail(QP_EUSAGE, "--early-stopping: there is no validation data; give it or leave the option out");
    if (run->schedule.lr_schedule == QP_SCHEDULE_PLATEAU && !qp_run_validates(run))
        return qp_fail(QP_EUSAGE,
                       "--lr-schedule plateau: there is no validation data; give it or choose another schedule");
    if (run->schedule.lr_total == 0) run->schedule.lr_total = c->steps;
    return qp_schedule_check(&run->schedule);
}

/* ---- building and unbuilding a run ---- */

/* Whether a name fits one of the comma-separated patterns. */
static bool matches(const char *patterns, const char *name)
{
    while (*patterns) {
        size_t bytes = strcspn(patterns, ",");
        char one[512];
        snprintf(one, sizeof one, "%.*s", (int)bytes, patterns);
        if (bytes > 0 && fnmatch(one, name, 0) == 0) return true;
        patterns += bytes + (patterns[bytes] == ',');
    }
    return false;
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
                                      .frozen = matches(run->config->freeze, p->name)};
        frozen += span[i].frozen;
    }
    qp_status status = qp_optimizer_new(run->trainer->optimizer, qp_params_size(params), span, count, &run->optimizer);
    free(span);
    if (status == QP_OK && run->config->freeze[0] && (frozen == 0 || frozen == count))
        status = qp_fail(QP_EUSAGE, "--freeze: '%.100s' fits %s parameter; `quipu info` lists their names",
                         run->config->freeze, frozen ? "every" : "no");
    return status;
}

static void note_of_folder(void *self, const char *line) { qp_run_note(self, "%s", line); }

static qp_status open_log(qp_run *run)
{
    char path[PATH_BYTES];
    QP_TRY(qp_folder_make(run->trainer->folder));
    snprintf(path, sizeof path, "%s/train.log", run->trainer->folder);
    run->log = fopen(path, "a");
    if (!run->log) return qp_fail(QP_ECREATE, "%s: cannot be written; give another folder or its permissions", path);
    return QP_OK;
}

/* Stand where the folder's last save stands, or at the beginning. */
static qp_status resume(qp_run *run, qp_trainer_result *result)
{
    qp_trainer *t = run->trainer;
    bool found = false;
    run->state = (qp_run_state){.epoch = 1, .carry = t->train->carry, .carry_count = t->train->carry_count};
    qp_plateau_init(&run->schedule, &run->plateau);
    run->saved_update = -1;
    run->started = qp_run_clock();
    if (!t->folder) return QP_OK;
    QP_TRY(open_log(run));
    QP_TRY(qp_checkpoint_load(t->folder, run->fingerprint, &run->reset, t->params, run->optimizer, note_of_folder, run,
                              &run->state, &found));
    if (!found) run->reset = (qp_run_reset){0};
    if (!found) return QP_OK;
    const qp_run_state *s = &run->state;
    if (!run->reset.schedule)
        run->plateau = (qp_plateau){.rate = s->plateau_rate,
                                    .best = s->plateau_best,
                                    .bad = s->plateau_bad,
                                    .rest = s->plateau_rest,
                                    .seen = s->plateau_seen != 0};
    run->started -= s->seconds;
    run->saved_update = s->update;
    result->resumed_update = s->update;
    return QP_OK;
}

static qp_status open_run(qp_run *run, qp_trainer *t, qp_trainer_result *result)
{
    run->trainer = t;
    run->config = t->config;
    run->schedule = *t->schedule;
    run->fingerprint = t->fingerprint ? t->fingerprint : "";
    QP_TRY(check_config(run));
    if (t->train->carry_count && t->config->accum > 1)
        return qp_fail(
            QP_EUSAGE,
            "--carry: a batch begins where the one before ended, so that --accum cannot join them; use --accum 1");
    QP_TRY(make_optimizer(run));
    QP_TRY(qp_shards_new(t->params, qp_threads_of(t->config->threads), t->config->shard_rows, &run->shards));
    if (t->config->accum_mean == QP_ACCUM_BATCHES) qp_shards_set_batch_mean(run->shards);
    QP_TRY(qp_weight_noise_init(&run->noise, t->params, t->config->weight_noise, qp_threads_of(t->config->threads)));
    run->batch = calloc((size_t)t->config->accum, sizeof *run->batch);
    if (!run->batch) return qp_fail(QP_EMEMORY, "training: out of memory");
    QP_TRY(resume(run, result));
    run->first_update = run->state.update;
    return QP_OK;
}

static qp_status close_run(qp_run *run, qp_status status)
{
    char message[512];
    snprintf(message, sizeof message, "%s", qp_error_message());
    qp_status written = qp_metrics_log_close(run->metrics);
    if (run->log) fclose(run->log);
    qp_weight_noise_free(&run->noise);
    qp_shards_free(run->shards);
    qp_optimizer_free(run->optimizer);
    free(run->batch);
    if (status != QP_OK) return qp_fail(status, "%s", message);
    return written;
}

/* ---- one update ---- */

/* Make the batch source stand in the state's epoch. */
static qp_status begin_epoch(qp_run *run)
{
    qp_batch_source *source = run->trainer->train;
    if (run->begun_epoch == run->state.epoch) return QP_OK;
    QP_TRY(source->begin(source->self, run->state.epoch - 1, &run->batches));
    if (run->batches <= 0)
        return qp_fail(QP_EDATA, "training: no batches; the training data is empty or every line is too long");
    if (run->state.batch >= run->batches)
        return qp_fail(QP_EUSAGE,
                       "training: the data has fewer batches than when the run was begun; use the same data or "
                       "--overwrite");
    run->begun_epoch = run->state.epoch;
    return QP_OK;
}

static qp_status refuse(const qp_run *run, const char *what)
{
    char saved[64] = "nothing is saved yet";
    if (run->saved_update >= 0)
        snprintf(saved, sizeof saved, "the last good save is that of update %" PRId64, run->saved_update);
    return qp_fail(QP_EDATA, "%s; %s; use a lower --lr, more --lr-warmup or --clip-norm", what, saved);
}

static qp_status learn(qp_run *run, int count, qp_shards_result *r, qp_progress *p)
{
    qp_trainer *t = run->trainer;
    uint64_t key = qp_random_key(qp_random_key((uint64_t)run->config->seed, 0x757064617465),
                                 (uint64_t)run->state.update);
    char what[128];
    qp_weight_noise_begin(&run->noise, t->params, qp_random_key(key, 0x6e6f697365));
    qp_status done = qp_shards_run(run->shards, &t->loss, run->batch, count, key, r);
    qp_weight_noise_end(&run->noise, t->params);
    QP_TRY(done);
    if (!isfinite(r->loss)) {
        snprintf(what, sizeof what, "update %" PRId64 ": the loss is %s", run->state.update + 1,
                 isnan(r->loss) ? "not a number" : "infinite");
        return refuse(run, what);
    }
    p->rate = qp_schedule_rate(&run->schedule, &run->plateau, run->state.schedule_update);
    qp_status status = qp_optimizer_step(run->optimizer, qp_params_block(t->params), r->gradient, r->gradient_count, 1,
                                         p->rate, qp_shards_threads(run->shards), &p->gradient_norm);
    if (status == QP_EDATA) {
        snprintf(what, sizeof what, "update %" PRId64 ": the gradient is not finite", run->state.update + 1);
        return refuse(run, what);
    }
    return status;
}

/* Move the counters on and report. */
static void advance(qp_run *run, int count, const qp_shards_result *r, double seconds, qp_progress *p)
{
    const qp_training_config *c = run->config;
    qp_run_state *s = &run->state;
    s->update++;
    s->optimizer_update = qp_optimizer_updates(run->optimizer);
    s->schedule_update++;
    s->batch += count;
    s->target_tokens += r->target_rows;
    s->window_loss += r->loss;
    s->window_tokens += r->target_rows;
    run->speed_seconds += seconds;
    run->speed_tokens += r->target_rows;
    run->session_seconds += seconds;
    run->session_tokens += r->target_rows;
    p->update = s->update, p->epoch = s->epoch, p->batch = s->batch, p->batches = run->batches;
    p->target_tokens = s->target_tokens;
    p->loss = s->window_loss / (double)s->window_tokens;
    p->tokens_per_second = run->speed_seconds > 0 ? (double)run->speed_tokens / run->speed_seconds : 0;
    p->elapsed_seconds = qp_run_clock() - run->started;
    p->left_seconds = -1;
    double share = share_done(run), moved = share - run->first_share;
    if (share > 0 && moved > 0) p->left_seconds = run->session_seconds * fmax(0, 1 - share) / moved;
    if (run->time_limit > 0 && (p->left_seconds < 0 || p->left_seconds > run->time_limit - p->elapsed_seconds))
        p->left_seconds = fmax(0, run->time_limit - p->elapsed_seconds);
    p->shown = s->update % c->disp_freq == 0;
    if (c->valid_freq > 0 && qp_run_validates(run) && s->update % c->valid_freq == 0) s->validation_due = 1;
    if (s->batch == run->batches) {
        s->epoch++;
        s->batch = 0;
        if (c->valid_freq == 0 && qp_run_validates(run)) s->validation_due = 1;
    }
}

static void report(qp_run *run, const qp_progress *p)
{
    qp_trainer_hooks *hooks = &run->trainer->hooks;
    if (hooks->progress) hooks->progress(hooks->self, p);
    if (!p->shown) return;
    char line[256];
    if (run->metrics) qp_metrics_log_training(run->metrics, p);
    if (run->log) {
        fprintf(run->log, "%s\n", qp_progress_line(p, line, sizeof line));
        fflush(run->log);
    }
    run->last_loss = p->loss;
    run->state.window_loss = 0;
    run->state.window_tokens = 0;
    run->speed_seconds = 0;
    run->speed_tokens = 0;
}

static qp_status do_update(qp_run *run)
{
    qp_batch_source *source = run->trainer->train;
    qp_shards_result result;
    qp_progress progress = {0};
    double begun = qp_run_clock();
    QP_TRY(begin_epoch(run));
    if (run->state.update == run->first_update) run->first_share = share_done(run);
    int64_t left = run->batches - run->state.batch;
    int count = (int)(left < run->config->accum ? left : run->config->accum);
    for (int i = 0; i < count; i++) QP_TRY(source->get(source->self, run->state.batch + i, i, &run->batch[i]));
    QP_TRY(learn(run, count, &result, &progress));
    advance(run, count, &result, qp_run_clock() - begun, &progress);
    report(run, &progress);
    return QP_OK;
}

/* ---- the loop ---- */

static qp_status stop(qp_run *run)
{
    QP_TRY(qp_run_save(run));
    return qp_fail(QP_ESTOPPED, "stopped after update %" PRId64 "%s", run->state.update,
                   run->trainer->folder ? "; all is saved, the same command goes on from here" : "");
}

static bool save_due(const qp_run *run)
{
    int64_t freq = run->config->save_freq, update = run->state.update;
    return freq > 0 && update > 0 && update % freq == 0 && run->saved_update != update;
}

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
        if (asked && *asked) return stop(run);
        if (at_end(run, end)) {
            if (!qp_run_validates(run) || run->state.validated_update == run->state.update) return QP_OK;
            run->state.validation_due = 1; /* the last weights get their chance too */
            continue;
        }
        QP_TRY(do_update(run));
    }
}

/* The marker that the final model was written; training goes on only if a limit was raised since. */
static bool finished_before(qp_run *run, const char *marker)
{
    qp_trainer_end end;
    if (!run->trainer->folder || !qp_file_exists(marker) || run->saved_update < 0) return false;
    if (run->trainer->model_path && !qp_file_exists(run->trainer->model_path)) return false;
    return at_end(run, &end);
}

static qp_status write_marker(const qp_run *run, const char *marker)
{
    qp_writer *writer;
    if (!run->trainer->folder) return QP_OK;
    QP_TRY(qp_writer_open(marker, &writer));
    qp_writer_printf(writer, "update %" PRId64 "\n", run->state.update);
    return qp_writer_commit(writer);
}

/* What --reset did; a run counted anew keeps no save of the old count, once its own first one is written. */
static qp_status tell_reset(qp_run *run)
{
    const qp_run_reset *reset = &run->reset;
    const char *folder = run->trainer->folder;
    if (!reset->optimizer && !reset->schedule && !reset->counters) return QP_OK;
    qp_run_note(run, "reset:%s%s%s", reset->optimizer ? " optimizer" : "", reset->schedule ? " schedule" : "",
                reset->counters ? " counters" : "");
    if (!reset->counters) return QP_OK;
    QP_TRY(qp_run_save(run));
    qp_checkpoint_discard(folder, "state", run->state.update);
    qp_checkpoint_discard(folder, "model", -1);
    return QP_OK;
}

static qp_status run_all(qp_run *run, qp_trainer_result *result)
{
    char marker[PATH_BYTES];
    const char *folder = run->trainer->folder;
    snprintf(marker, sizeof marker, "%s/finished", folder ? folder : "");
    if (finished_before(run, marker)) {
        result->end = QP_END_BEFORE;
        return QP_OK;
    }
    if (folder) {
        QP_TRY(qp_file_remove_tree(marker));
        QP_TRY(qp_metrics_log_open(folder, run->state.update, !run->state.validation_due, &run->metrics));
    }
    QP_TRY(tell_reset(run));
    if (result->resumed_update) qp_run_note(run, "going on after update %" PRId64, result->resumed_update);
    QP_TRY(loop(run, &result->end));
    QP_TRY(qp_run_save(run));
    QP_TRY(qp_run_finish(run, result));
    return write_marker(run, marker);
}

qp_status qp_trainer_run(qp_trainer *trainer, qp_trainer_result *result)
{
    qp_run *run = calloc(1, sizeof *run);
    *result = (qp_trainer_result){0};
    if (!run) return qp_fail(QP_EMEMORY, "training: out of memory");
    qp_status status = open_run(run, trainer, result);
    if (status == QP_OK) status = run_all(run, result);
    const qp_run_state *s = &run->state;
    result->updates = s->update;
    result->epochs = s->epoch - (s->batch == 0);
    result->target_tokens = s->target_tokens;
    result->seconds = run->session_seconds;
    result->tokens_per_second = run->session_seconds > 0 ? (double)run->session_tokens / run->session_seconds : 0;
    result->loss = run->last_loss;
    result->validated = s->validated_update > 0;
    result->best_metric = s->best_metric;
    result->best_update = s->best_update;
    status = close_run(run, status);
    free(run);
    return status;
}

qp_status qp_trainer_discard(const char *folder) { return qp_file_remove_tree(folder); }
