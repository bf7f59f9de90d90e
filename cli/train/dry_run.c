#include "cli/train/dry_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "cli/base/model_table.h"
#include "cli/base/ranks.h"
#include "cli/base/text.h"
#include "cli/train/advice.h"
#include "lib/base/threads.h"
#include "lib/train/gradient/shard_cut.h"

/* ---- data ---- */

typedef struct {
    double source, target; /* mean lengths */
    qp_overlap_statistics overlap;
} findings;

static qp_status print_side(const char *name, const qp_corpus_side *side, const qp_side_statistics *statistics,
                            int64_t sequences, double *mean)
{
    qp_length_statistics l;
    if (!side->start || statistics->tokens == 0) return QP_OK;
    QP_TRY(qp_corpus_length_statistics(side, sequences, &l));
    *mean = l.mean;
    qp_text_printf(stdout, 9,
                   "  %-8s %lld tokens, %.2f %% unknown; length mean %.1f, median %d, 95 %% %d, 99 %% %d, longest %d",
                   name, (long long)statistics->tokens, qp_percent(statistics->unknown, statistics->tokens), l.mean,
                   l.median, l.percentile_95, l.percentile_99, l.longest);
    return QP_OK;
}

static qp_status print_part(const char *name, const qp_corpus *corpus, double *source, double *target)
{
    const qp_corpus_statistics *f = &corpus->statistics;
    if (corpus->sequences == 0) return QP_OK;
    qp_text_printf(stdout, 2, "%s: %lld lines, %lld used; %lld empty, %lld too long, %lld cut", name,
                   (long long)f->lines, (long long)corpus->sequences, (long long)f->empty, (long long)f->skipped,
                   (long long)f->cut);
    QP_TRY(print_side("source", &corpus->source, &f->source, corpus->sequences, source));
    if (corpus->target.start == corpus->source.start) return QP_OK;
    return print_side(corpus->answers ? "answers" : "target", &corpus->target, &f->target, corpus->sequences, target);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t hash_of(const qp_corpus_side *side, int64_t sequence)
{
    return XXH3_64bits(side->id + side->start[sequence], (size_t)qp_corpus_length(side, sequence) * sizeof *side->id);
}

/* Sentences in CoNLL columns are compared by their ids. */
static qp_status sentence_overlap(const qp_corpus *train, const qp_corpus *valid, qp_overlap_statistics *o)
{
    uint64_t *seen = malloc((size_t)train->sequences * sizeof *seen);
    if (!seen) return qp_fail(QP_EMEMORY, "out of memory for %lld sentences", (long long)train->sequences);
    for (int64_t i = 0; i < train->sequences; i++) seen[i] = hash_of(&train->source, i);
    qsort(seen, (size_t)train->sequences, sizeof *seen, by_number);
    for (int64_t i = 1; i < train->sequences; i++) o->repeated_training_pairs += seen[i] == seen[i - 1];
    o->pairs = valid->sequences;
    for (int64_t i = 0; i < valid->sequences; i++) {
        uint64_t hash = hash_of(&valid->source, i);
        o->seen_pairs += bsearch(&hash, seen, (size_t)train->sequences, sizeof *seen, by_number) != NULL;
    }
    free(seen);
    return QP_OK;
}

static qp_status print_overlap(const qp_train_data *data, bool running_text, findings *found)
{
    qp_overlap_statistics *o = &found->overlap;
    if (!data->has_valid || data->series[QP_TRAINING].rows || data->images[QP_TRAINING].count) return QP_OK;
    if (data->corpus[QP_TRAINING].source_row) {
        QP_TRY(sentence_overlap(&data->corpus[QP_TRAINING], &data->corpus[QP_VALIDATION], o));
        qp_text_printf(stdout, 2,
                       "overlap: %.1f %% of the validation sentences are also in training; training repeats %lld of "
                       "its own",
                       qp_percent(o->seen_pairs, o->pairs), (long long)o->repeated_training_pairs);
        return QP_OK;
    }
    QP_TRY(
        qp_corpus_overlap_statistics(&data->files[QP_TRAINING], &data->files[QP_VALIDATION], running_text ? 20 : 0, o));
    qp_text_printf(stdout, 2,
                   "overlap: %.1f %% of the validation lines are also in training (source %.1f %%, target %.1f %%); "
                   "training repeats %lld of its own",
                   qp_percent(o->seen_pairs, o->pairs), qp_percent(o->seen_sources, o->pairs),
                   qp_percent(o->seen_targets, o->pairs), (long long)o->repeated_training_pairs);
    return QP_OK;
}

static qp_status print_data(const qp_train_data *data, bool running_text, findings *found)
{
    double unused;
    puts("");
    QP_TRY(print_part("training", &data->corpus[QP_TRAINING], &found->source, &found->target));
    if (data->has_valid) QP_TRY(print_part("validation", &data->corpus[QP_VALIDATION], &unused, &unused));
    return print_overlap(data, running_text, found);
}

/* ---- model and time ---- */

enum { EXAMINED_BATCHES = 1000 };

/* The shards of the largest update of the first epoch, or of its first thousand batches. */
static qp_status largest_update(const qp_train_run *run, qp_training_shape *shape)
{
    const qp_batch_source *source = run->trainer.train;
    const int64_t accum = run->settings->training.accum;
    qp_batch_place place = {0};
    int64_t count;
    int shards = 0;
    QP_TRY(source->begin(source->self, 0, &count));
    if (source->more) QP_TRY(source->more(source->self, &place, &count));
    if (count > EXAMINED_BATCHES) count = EXAMINED_BATCHES;
    for (int64_t i = 0; i < count; i++) {
        qp_batch batch;
        QP_TRY(source->get(source->self, i, 0, &batch));
        int sequences = batch.target.sequences.count;
        int64_t rows = qp_batch_rows_before(&batch, sequences);
        int cut = run->trainer.loss.whole ? 1 : qp_shards_count(rows, sequences, shape->shard_rows);
        shards = i % accum == 0 ? cut : shards + cut;
        if (shards > shape->most_shards) shape->most_shards = shards;
        shape->longest_shard = fmax(shape->longest_shard, (double)rows / cut);
    }
    return QP_OK;
}

enum { TIMED_UPDATES = 6, UPDATE_SECONDS = 10 };

/* Times a few updates; the first is not counted, because memory is still cold. */
typedef struct {
    volatile sig_atomic_t stop;
    const volatile sig_atomic_t *asked;
    double begun, seconds;
    int64_t updates, batches, tokens, first_tokens;
} stopwatch;

static void tick(void *self, const qp_progress *p)
{
    stopwatch *w = self;
    w->batches = p->batches;
    if (p->update == 1) {
        w->begun = p->elapsed_seconds;
        w->first_tokens = p->target_tokens;
    }
    w->updates = p->update - 1;
    w->seconds = p->elapsed_seconds - w->begun;
    w->tokens = p->target_tokens - w->first_tokens;
    if (p->elapsed_seconds > UPDATE_SECONDS || *w->asked) w->stop = 1;
}

static qp_status print_time(const qp_train_settings *settings, qp_trainer *trainer)
{
    stopwatch watch = {.asked = trainer->hooks.stop};
    qp_training_config config = *trainer->config;
    qp_trainer timed = *trainer;
    qp_trainer_result result;
    config.steps = TIMED_UPDATES;
    config.epochs = config.train_tokens = config.early_stopping = 0;
    config.time_limit[0] = config.reset[0] = '\0';
    timed.config = &config;
    timed.folder = timed.model_path = NULL;
    timed.valid = NULL;
    timed.hooks = (qp_trainer_hooks){.self = &watch, .progress = tick, .stop = &watch.stop};
    qp_schedule_config schedule = *trainer->schedule;
    if (schedule.lr_schedule == QP_SCHEDULE_PLATEAU) schedule.lr_schedule = QP_SCHEDULE_CONSTANT;
    if (schedule.lr_total == 0) schedule.lr_total = trainer->config->steps; /* the run's, not the trial's */
    timed.schedule = &schedule;
    qp_status status = qp_trainer_run(&timed, &result);
    if (status == QP_ESTOPPED && *watch.asked) return status;
    if (status != QP_OK && status != QP_ESTOPPED) return status;
    if (watch.updates < 1 || watch.seconds <= 0) {
        puts("\ntime: an update takes longer than this trial");
        return QP_OK;
    }
    double update = watch.seconds / (double)watch.updates;
    double updates = (double)((watch.batches + settings->training.accum - 1) / settings->training.accum);
    const int threads = qp_threads_of(settings->training.threads);
    char epoch[32];
    qp_text_printf(
        stdout, 2,
        "\ntime: %.3g s per update, %.0f target tokens/s with %d thread%s; %.0f update%s per epoch: %s per epoch",
        update, (double)watch.tokens / watch.seconds, threads, threads == 1 ? "" : "s", updates,
        updates == 1 ? "" : "s", qp_text_duration(update * updates, epoch, sizeof epoch));
    return QP_OK;
}

static qp_status print_model(const qp_train_run *run, const findings *found)
{
    const qp_train_settings *settings = run->settings;
    qp_model *model = run->data.package->model;
    const qp_model_config *c = qp_model_config_of(model);
    double target = c->task == QP_TASK_REGRESS ? (double)settings->job.window
                    : c->features              ? (double)c->max_length
                    : c->lm_window             ? (double)c->lm_window
                    : found->target > 0        ? found->target
                                               : found->source;
    double source = found->source > 0 ? found->source : target, batch = (double)settings->job.batch_size;
    bool reads = c->encoder != QP_KIND_NONE && c->decoder != QP_KIND_NONE;
    if (c->decoder == QP_KIND_NONE) target = source;
    if (settings->job.batch_type == 1) batch *= target;
    qp_training_shape shape = {.batch_rows = batch * (reads ? 1 + source / target : 1),
                               .source_length = source,
                               .target_length = target,
                               .shard_rows = settings->training.shard_rows,
                               .threads = qp_threads_of(settings->training.threads),
                               .gradient_type = (int)settings->training.gradient_type,
                               .bf16 = settings->training.precision == QP_PRECISION_BF16,
                               .optimizer = &settings->optimizer,
                               .cluster = qp_ranks()};
    qp_model_cost cost;
    qp_training_memory memory;
    QP_TRY(qp_model_cost_of(model, source, target, &cost));
    qp_status status = qp_model_table_print(stdout, &cost);
    qp_model_cost_free(&cost);
    QP_TRY(status);
    QP_TRY(largest_update(run, &shape));
    QP_TRY(qp_training_memory_of(model, &shape, &memory));
    puts("");
    qp_training_memory_print(stdout, &shape, &memory);
    return QP_OK;
}

qp_status qp_dry_run(qp_train_run *run)
{
    const qp_train_settings *settings = run->settings;
    findings found = {0};
    QP_TRY(print_data(&run->data, run->settings->model.lm_window > 0, &found));
    QP_TRY(print_model(run, &found));
    QP_TRY(print_time(settings, &run->trainer));
    return qp_advice_print(run, &found.overlap);
}
