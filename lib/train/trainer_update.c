#include <inttypes.h>
#include <math.h>

#include "lib/base/random.h"
#include "lib/nn/statistic.h"
#include "lib/train/trainer_internal.h"

/* Keys of the random numbers of updates and of weight noise. */
static const uint64_t update_key = 0x757064617465, noise_key = 0x6e6f697365;

/* Prepares the state's portion of the epoch, or the next one that has batches. */
static qp_status prepare_portion(qp_run *run)
{
    qp_batch_source *source = run->trainer->train;
    qp_batch_place place = {run->state.portion, run->state.portion_batch};
    run->ready = run->batches;
    if (!source->more) return QP_OK;
    QP_TRY(source->more(source->self, &place, &run->ready));
    run->state.portion = place.portion;
    return QP_OK;
}

/* Begins the state's epoch in the batch source, unless it is already begun. */
static qp_status begin_epoch(qp_run *run)
{
    qp_batch_source *source = run->trainer->train;
    if (run->begun_epoch == run->state.epoch) return QP_OK;
    QP_TRY(source->begin(source->self, run->state.epoch - 1, &run->batches));
    if (run->batches <= 0)
        return qp_fail(QP_EDATA, "training: no batches; the training data is empty or every line is too long");
    QP_TRY(prepare_portion(run));
    if (run->state.batch >= run->ready)
        return qp_fail(QP_EUSAGE, "training: the data has fewer batches than at the start of the run; use the same "
                                  "data or --overwrite");
    if (run->begun_epoch == 0) qp_run_check_plan(run);
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

/* The gradient of `count` batches, taken at noisy weights with --weight-noise; the weights are unchanged afterwards. */
static qp_status compute_gradient(qp_run *run, int count, qp_shards_result *result)
{
    qp_trainer *t = run->trainer;
    uint64_t key = qp_random_key(qp_random_key((uint64_t)run->config->seed, update_key), (uint64_t)run->state.update);
    qp_weight_noise_begin(&run->noise, t->params, qp_random_key(key, noise_key));
    qp_status status = qp_shards_run(run->shards, &t->loss, run->batch, count, key, result);
    qp_weight_noise_end(&run->noise, t->params);
    QP_TRY(status);
    if (isfinite(result->loss)) return QP_OK;
    char what[128];
    snprintf(what, sizeof what, "update %" PRId64 ": the loss is %s", run->state.update + 1,
             isnan(result->loss) ? "not a number" : "infinite");
    return refuse(run, what);
}

/* The place in the schedule. With a time limit, a schedule that ends reaches its end at the limit: it follows the time
 * wherever that is ahead of the updates. */
static int64_t schedule_place(const qp_run *run)
{
    const qp_schedule_config *c = &run->schedule;
    int64_t place = run->state.schedule_update;
    if (run->time_limit <= 0 || !qp_schedule_ends(c)) return place;
    int64_t by_time = (int64_t)(fmin(1, qp_run_time_share(run)) * (double)c->lr_total);
    return by_time > place ? by_time : place;
}

static qp_status apply_gradient(qp_run *run, const qp_shards_result *result, qp_progress *progress)
{
    progress->rate = qp_schedule_rate(&run->schedule, &run->plateau, schedule_place(run));
    qp_status status = qp_optimizer_step(run->optimizer, qp_params_block(run->trainer->params), result->gradient,
                                         result->gradient_count, 1, progress->rate, qp_shards_threads(run->shards),
                                         &progress->gradient_norm);
    if (status == QP_OK)
        qp_statistic_follow(run->trainer->params, result->gradient, result->gradient_count, qp_run_frozen, run,
                            qp_optimizer_mean(run->optimizer));
    if (status == QP_OK) status = qp_run_join_weights(run);
    if (status != QP_EDATA) return status;
    char what[128];
    snprintf(what, sizeof what, "update %" PRId64 ": the gradient is not finite", run->state.update + 1);
    return refuse(run, what);
}

/* Seconds until the nearest limit, from the speed of this session's updates; < 0: unknown. */
static double seconds_left(const qp_run *run, double elapsed)
{
    double share = qp_run_share_done(run), moved = share - run->first_share, left = -1;
    if (share > 0 && moved > 0) left = run->session.seconds * fmax(0, 1 - share) / moved;
    if (run->time_limit > 0 && (left < 0 || left > run->time_limit - elapsed))
        left = fmax(0, run->time_limit - elapsed);
    return left;
}

/* Adds one update to the counters. */
static void count_update(qp_run *run, int batches, const qp_shards_result *result, double seconds)
{
    qp_run_state *s = &run->state;
    s->update++;
    s->optimizer_update = qp_optimizer_updates(run->optimizer);
    s->schedule_update++;
    s->batch += batches;
    s->target_tokens += result->target_rows;
    s->window_loss += result->loss;
    s->window_tokens += result->target_rows;
    run->interval.seconds += seconds;
    run->interval.tokens += result->target_rows;
    run->session.seconds += seconds;
    run->session.tokens += result->target_rows;
}

static void fill_progress(const qp_run *run, qp_progress *p)
{
    const qp_run_state *s = &run->state;
    p->update = s->update, p->epoch = s->epoch, p->batch = s->batch;
    p->batches = run->batches > run->ready ? run->batches : run->ready;
    p->target_tokens = s->target_tokens;
    p->loss = s->window_loss / (double)s->window_tokens;
    p->smoothed = run->config->label_smoothing > 0;
    p->tokens_per_second = run->interval.seconds > 0 ? (double)run->interval.tokens / run->interval.seconds : 0;
    p->elapsed_seconds = qp_run_clock() - run->started;
    p->left_seconds = seconds_left(run, p->elapsed_seconds);
    p->done = qp_run_share_done(run);
    if (run->time_limit > 0) p->done = fmax(p->done, qp_run_time_share(run));
    if (p->done <= 0) p->done = -1;
    p->shown = s->update % run->config->disp_freq == 0;
}

/* Moves on to the next portion or epoch after its last batch. */
static qp_status advance(qp_run *run, bool *epoch_ends)
{
    qp_run_state *s = &run->state;
    *epoch_ends = s->batch == run->ready;
    if (*epoch_ends && run->trainer->train->more) {
        s->portion++;
        s->portion_batch = s->batch;
        QP_TRY(prepare_portion(run));
        *epoch_ends = s->batch == run->ready;
    }
    if (!*epoch_ends) return QP_OK;
    s->epoch++;
    s->batch = s->portion = s->portion_batch = 0;
    return QP_OK;
}

/* Notes whether a validation is due. */
static void end_update(qp_run *run, bool epoch_ends)
{
    const qp_training_config *c = run->config;
    qp_run_state *s = &run->state;
    bool validates = qp_run_validates(run);
    /* where a time limit ends the run before its updates: up to 15 validations, but an eighth of the time at most */
    static const double least_share = 1.0 / 15, most_cost = 8;
    double share = qp_run_time_share(run);
    if (run->validation_ran) {
        run->validation_share = share - run->validated_share;
        run->validated_share = share;
        run->validation_ran = false;
    }
    double interval = fmax(least_share, most_cost * run->validation_share);
    bool by_time = run->trainer->valid_by_time && c->valid_freq > 0 && share > qp_run_share_done(run);
    bool due = c->valid_freq > 0 ? s->update % c->valid_freq == 0 : epoch_ends;
    if (by_time) due = share - run->validated_share >= interval;
    if (!validates || !due) return;
    s->validation_due = 1;
    run->validated_share = share;
    run->validation_ran = true;
}

/* Reports the update; every --disp-freq updates also to the logs, and a new interval begins. */
static qp_status report(qp_run *run, const qp_progress *p)
{
    qp_trainer_hooks *hooks = &run->trainer->hooks;
    if (hooks->progress) hooks->progress(hooks->self, p);
    if (!p->shown) return QP_OK;
    char line[256];
    if (run->metrics) QP_TRY(qp_metrics_log_training(run->metrics, p));
    if (run->log) {
        fprintf(run->log, "%s\n", qp_progress_line(p, 0, line, sizeof line));
        fflush(run->log);
    }
    run->last_loss = p->loss;
    run->state.window_loss = 0;
    run->state.window_tokens = 0;
    run->interval = (qp_run_speed){0};
    return QP_OK;
}

qp_status qp_run_update(qp_run *run)
{
    qp_batch_source *source = run->trainer->train;
    qp_shards_result result;
    qp_progress progress = {0};
    double begun = qp_run_clock();
    QP_TRY(begin_epoch(run));
    if (run->state.update == run->first_update) run->first_share = qp_run_share_done(run);
    int64_t left = run->ready - run->state.batch;
    int count = (int)(left < run->config->accum ? left : run->config->accum);
    for (int i = 0; i < count; i++) QP_TRY(source->get(source->self, run->state.batch + i, i, &run->batch[i]));
    QP_TRY(compute_gradient(run, count, &result));
    QP_TRY(apply_gradient(run, &result, &progress));
    count_update(run, count, &result, qp_run_clock() - begun);
    fill_progress(run, &progress);
    bool epoch_ends;
    QP_TRY(advance(run, &epoch_ends));
    end_update(run, epoch_ends);
    qp_run_check_time(run);
    QP_TRY(report(run, &progress));
    return QP_OK;
}
