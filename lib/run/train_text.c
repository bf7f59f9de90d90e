#include "lib/run/train_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/text/corpus_share.h"
#include "data/text/corpus_statistics.h"
#include "lib/base/threads.h"
#include "lib/package/token_metrics.h"
#include "lib/run/train_lines.h"
#include "lib/run/train_tokenizer.h"

/* ---- files ---- */

static qp_status given_twice(const char *which)
{
    return qp_fail(QP_EUSAGE, "--%s and --%s-src/--%s-tgt contradict each other; give one of them", which, which,
                   which);
}

/* Either two files, one per side, or one file; `required` for training. */
static qp_status pair_of(const char *which, const char *source, const char *target, const char *one, bool required,
                         qp_text_files *files, bool *found)
{
    bool sides = *source || *target;
    *found = sides || *one;
    if (!*found && required)
        return qp_fail(QP_EUSAGE,
                       "no training text; name it with --%s-src FILE --%s-tgt FILE, or --%s FILE (source TAB target)",
                       which, which, which);
    if (sides && *one) return given_twice(which);
    if (sides && (!*source || !*target))
        return qp_fail(QP_EUSAGE, "--%s-%s is missing; both sides are needed", which, *source ? "tgt" : "src");
    if (*one)
        *files = (qp_text_files){.kind = QP_TEXT_TABBED, .source = one};
    else
        *files = (qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = source, .target = target};
    return QP_OK;
}

qp_status qp_pairs_files(const qp_train_settings *settings, qp_train_data *data)
{
    const qp_job_config *job = &settings->job;
    bool found;
    QP_TRY(pair_of("train", job->train_src, job->train_tgt, job->train, true, &data->files[QP_TRAINING], &found));
    if (*job->train_weights) data->files[QP_TRAINING].weights = job->train_weights;
    return pair_of("valid", job->valid_src, job->valid_tgt, job->valid, false, &data->files[QP_VALIDATION],
                   &data->has_valid);
}

qp_status qp_text_one_file(const qp_train_settings *settings, const char *task, qp_text_kind kind, qp_train_data *data)
{
    const qp_job_config *job = &settings->job;
    const char *one[] = {job->train, job->valid};
    bool sides[] = {*job->train_src || *job->train_tgt, *job->valid_src || *job->valid_tgt};
    static const char *const which[] = {"train", "valid"};
    if (!*job->train && !sides[0]) return qp_fail(QP_EUSAGE, "no training text; name it with --train FILE");
    for (int part = 0; part < QP_PARTS; part++) {
        if (sides[part] && *one[part]) return given_twice(which[part]);
        if (sides[part])
            return qp_fail(QP_EUSAGE, "--task %s reads one text; name it with --%s FILE", task, which[part]);
        data->files[part] = kind == QP_TEXT_ONE_FILE ? (qp_text_files){.kind = kind, .target = one[part]}
                                                     : (qp_text_files){.kind = kind, .source = one[part]};
    }
    if (*job->train_weights) data->files[QP_TRAINING].weights = job->train_weights;
    data->has_valid = *job->valid != '\0';
    return QP_OK;
}

qp_status qp_text_files_of(const qp_train_settings *settings, qp_train_data *data)
{
    return qp_text_one_file(settings, "lm", QP_TEXT_ONE_FILE, data);
}

qp_status qp_autoencode_files(const qp_train_settings *settings, qp_train_data *data)
{
    return qp_text_one_file(settings, "autoencode", QP_TEXT_ONE_FILE, data);
}

/* ---- tokenizers ---- */

qp_status qp_text_tokenizer(const qp_job_config *job, const qp_train_data *data, const qp_tokenizer_wish *wish,
                            bool source, bool target, qp_tokenizer **tokenizer)
{
    qp_train_lines lines = {
        .files = &data->files[QP_TRAINING], .source = source, .target = target, .cluster = data->cluster};
    const qp_tokenizer_text text = {qp_train_lines_next, &lines, qp_train_counts_join(lines.cluster)};
    qp_status status = qp_train_tokenizer(job, wish, &text, tokenizer);
    qp_train_lines_close(&lines);
    return status;
}

qp_status qp_pairs_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    const qp_job_config *job = &settings->job;
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "shared", false);
    qp_tokenizer *source, *target;
    if (job->share_vocab) {
        QP_TRY(qp_text_tokenizer(job, data, &wish, true, true, &source));
        qp_package_set_tokenizers(data->package, source, source);
        return QP_OK;
    }
    wish.side = "source";
    if (*job->src_tokenizer) wish.name = job->src_tokenizer;
    QP_TRY(qp_text_tokenizer(job, data, &wish, true, false, &source));
    qp_package_set_tokenizers(data->package, source, NULL); /* freed with the package should the next one fail */
    wish = qp_train_wish(settings, data, folder, "target", true);
    if (*job->tgt_tokenizer) wish.name = job->tgt_tokenizer;
    QP_TRY(qp_text_tokenizer(job, data, &wish, false, true, &target));
    qp_package_set_tokenizers(data->package, source, target);
    return QP_OK;
}

qp_status qp_text_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "target", true);
    qp_tokenizer *target;
    QP_TRY(qp_text_tokenizer(&settings->job, data, &wish, false, true, &target));
    qp_package_set_tokenizers(data->package, NULL, target);
    return QP_OK;
}

/* Source and target are the same text. */
qp_status qp_autoencode_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    qp_tokenizer_wish wish = qp_train_wish(settings, data, folder, "shared", false);
    qp_tokenizer *shared;
    QP_TRY(qp_text_tokenizer(&settings->job, data, &wish, false, true, &shared));
    qp_package_set_tokenizers(data->package, shared, shared);
    return QP_OK;
}

/* ---- corpora ---- */

qp_status qp_text_load(const qp_train_settings *settings, qp_train_data *data)
{
    qp_corpus_options options = {.files = data->files[QP_TRAINING],
                                 .source_codec = &data->package->source_codec,
                                 .target_codec = &data->package->target_codec,
                                 .max_length = (int)settings->model.max_length,
                                 .when_longer = QP_LONG_SKIP,
                                 .to_itself = settings->model.task == QP_TASK_AUTOENCODE,
                                 .by_file = qp_train_shares(data),
                                 .spread = true};
    if (settings->model.lm_window) {
        options.max_length = 0;
        options.running_text = true;
    }
    if (settings->job.stream) {
        if (options.by_file || options.files.weights)
            return qp_fail(QP_EUSAGE, "--stream reads all files alike; leave out their shares, and weights of lines");
        data->streamed = options;
        QP_TRY(qp_corpus_check_length(options.max_length));
        if (!data->index.pieces) QP_TRY(qp_text_stream_index(data));
    } else {
        QP_TRY(qp_corpus_load_shared(&options, data->cluster, &data->corpus[QP_TRAINING]));
    }
    if (!data->has_valid) return QP_OK;
    options.files = data->files[QP_VALIDATION];
    options.by_file = options.spread = false;
    options.when_longer = QP_LONG_CUT;
    return qp_corpus_load_shared(&options, data->cluster, &data->corpus[QP_VALIDATION]);
}

qp_status qp_text_stream_index(qp_train_data *data)
{
    const qp_text_files *files = &data->files[QP_TRAINING];
    QP_TRY(qp_text_pairs_twice(files, "--stream reads a text in many places; name a file"));
    return qp_text_index_read(files, QP_STREAM_PIECE, data->cluster, &data->index);
}

qp_status qp_pairs_load(const qp_train_settings *settings, qp_train_data *data)
{
    QP_TRY(qp_text_load(settings, data));
    if (data->has_valid)
        QP_TRY(qp_validation_init(&data->translations, &data->files[QP_VALIDATION], settings->job.valid_metrics));
    data->translations.beam_size = (int)settings->job.valid_beam_size;
    data->translations.lower_case = settings->job.lower_case != 0;
    return QP_OK;
}

void qp_text_sizes(const qp_train_data *data, qp_model_config *model)
{
    model->src_vocab_size = data->package->source ? qp_tokenizer_size(data->package->source) : 0;
    model->tgt_vocab_size = data->package->target ? qp_tokenizer_size(data->package->target) : 0;
}

/* ---- batches ---- */

/* --batch-size counts tokens, or sequences; with windows at least one of them, or windows. */
static qp_text_batches_options batches_of(const qp_train_settings *s, int part)
{
    const bool shuffle = part == QP_TRAINING, tokens = s->job.batch_type == 0;
    const int slots = part == QP_TRAINING ? (int)s->training.accum : 1;
    const int64_t window = s->model.lm_window, size = s->job.batch_size;
    qp_text_batches_options options = {
        .window = window,
        .sequences = {.kind = tokens ? QP_BATCH_TOKENS : QP_BATCH_SENTENCES, .size = size},
        .windows = {.window = window,
                    .size = !tokens || !window ? size
                            : size > window    ? size / window
                                               : 1}};
    options.sequences.shuffle = options.windows.shuffle = shuffle;
    options.sequences.seed = options.windows.seed = (uint64_t)s->training.seed;
    options.sequences.slots = options.windows.slots = slots;
    return options;
}

static qp_status stream_source(const qp_train_settings *s, qp_train_data *data, qp_batch_source *source)
{
    qp_stream_options options = {.corpus = &data->streamed,
                                 .index = &data->index,
                                 .portion = &data->corpus[QP_TRAINING],
                                 .buffer = s->job.stream_buffer * 1000000,
                                 .batches = batches_of(s, QP_TRAINING),
                                 .cluster = data->cluster};
    QP_TRY(qp_stream_new(&options, &data->stream));
    *source = qp_stream_source(data->stream);
    return QP_OK;
}

/* The same, but every row of a batch continues its own text (truncated back-propagation through time). */
static qp_status streams_source(const qp_train_settings *s, qp_train_data *data, int part, qp_batch_source *source)
{
    qp_tbptt_batches_options options = {.window = s->model.lm_window,
                                        .size = s->job.batch_size,
                                        .shuffle = part == QP_TRAINING,
                                        .seed = (uint64_t)s->training.seed,
                                        .carry_width = qp_model_carry_width(&s->model)};
    if (s->job.batch_type == 0) options.size = options.size > options.window ? options.size / options.window : 1;
    QP_TRY(qp_tbptt_batches_new(&data->corpus[part], &options, &data->tbptt_batches[part]));
    *source = qp_tbptt_batches_source(data->tbptt_batches[part]);
    return QP_OK;
}

/* The decoder reads some of its own predictions. */
static qp_status scheduled_sampling(const qp_train_settings *s, qp_train_data *data, qp_batch_source *source)
{
    qp_scheduled_sampling_options options = {.texts = *source,
                                             .model = data->package->model,
                                             .rate = s->job.scheduled_sampling,
                                             .seed = (uint64_t)s->training.seed,
                                             .slots = (int)s->training.accum,
                                             .threads = qp_threads_of(s->training.threads)};
    QP_TRY(qp_scheduled_sampling_new(&options, &data->scheduled_sampling));
    *source = qp_scheduled_sampling_source(data->scheduled_sampling);
    return QP_OK;
}

qp_status qp_text_source(const qp_train_settings *s, qp_train_data *data, int part, qp_batch_source *source)
{
    if (s->model.lm_window)
        QP_TRY(qp_train_shares_check(&s->job, "--lm-window reads all text in order (0: line by line)"));
    if (s->model.carry) return streams_source(s, data, part, source);
    bool trains = part == QP_TRAINING;
    if (trains && s->job.stream) {
        QP_TRY(stream_source(s, data, source));
    } else {
        qp_text_batches_options options = batches_of(s, part);
        if (trains && !options.window) QP_TRY(qp_train_sampling(s, data, &options.sequences));
        QP_TRY(qp_text_batches_new(&data->corpus[part], &options, &data->text_batches[part]));
        *source = qp_text_batches_source(data->text_batches[part]);
    }
    return trains && s->job.scheduled_sampling > 0 ? scheduled_sampling(s, data, source) : QP_OK;
}

/* ---- measuring ---- */

qp_status qp_pairs_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    const qp_model *model = data->package->model;
    if (qp_model_config_of(model)->variational) {
        double divergence;
        QP_TRY(qp_divergence_measure(model, &data->batches[QP_VALIDATION], &divergence));
        qp_metrics_add(metrics, "divergence", divergence);
    }
    data->translations.package = data->package;
    data->translations.cluster = data->cluster;
    return qp_validation_measure(&data->translations, threads, metrics);
}

/* From nats per token to bits per character; unknown where lines were cut. */
qp_status qp_text_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    const qp_corpus_statistics *statistics = &data->corpus[QP_VALIDATION].statistics;
    (void)threads;
    if (statistics->cut == 0 && metrics->count > 0 && strcmp(metrics->entry[0].name, "loss") == 0)
        qp_metrics_add(metrics, "bits-per-character",
                       metrics->entry[0].value * (double)statistics->target.tokens /
                           (double)statistics->target.characters / M_LN2);
    return QP_OK;
}

/* ---- reporting ---- */

/* The share of a side's tokens that its vocabulary lacks, if it is more than this many percent. */
static const double unknown_shown = 0.1;

static void print_unknown(FILE *stream, const char *name, const qp_side_statistics *side)
{
    double percent = qp_percent(side->unknown, side->tokens);
    if (percent > unknown_shown) fprintf(stream, "; %.1f %% of the %s are unknown", percent, name);
}

static void print_corpus(FILE *stream, const char *name, const qp_corpus *corpus, bool unknown)
{
    const qp_corpus_statistics *f = &corpus->statistics;
    fprintf(stream, "%-10s %lld lines", name, (long long)f->lines);
    if (f->source.tokens) fprintf(stream, ", %lld source tokens", (long long)f->source.tokens);
    fprintf(stream, ", %lld %s", (long long)f->target.tokens, corpus->answers ? "answers" : "target tokens");
    if (f->empty) fprintf(stream, "; %lld empty left out", (long long)f->empty);
    if (f->skipped) fprintf(stream, "; %lld longer than --max-length left out", (long long)f->skipped);
    if (f->unseen) fprintf(stream, "; %lld labels that are not in the training data", (long long)f->unseen);
    if (f->cut) fprintf(stream, "; %lld cut to --max-length", (long long)f->cut);
    if (unknown) print_unknown(stream, "source tokens", &f->source);
    if (unknown && !corpus->answers) print_unknown(stream, "target tokens", &f->target);
    fputc('\n', stream);
}

void qp_text_print_corpora(const qp_train_data *data, FILE *stream)
{
    const qp_text_index *index = &data->index;
    if (index->pieces)
        fprintf(stream, "training   %lld lines, %.3g MB, read in portions\n",
                (long long)index->piece[index->pieces].line, (double)index->bytes / 1e6);
    else
        print_corpus(stream, "training", &data->corpus[QP_TRAINING], false);
    if (data->has_valid) print_corpus(stream, "validation", &data->corpus[QP_VALIDATION], true);
}

void qp_text_print(const qp_train_data *data, FILE *stream)
{
    const qp_tokenizer *source = data->package->source, *target = data->package->target;
    if (source == target || !source || !target)
        fprintf(stream, "tokenizer  %d pieces\n", qp_tokenizer_size(target ? target : source));
    else
        fprintf(stream, "tokenizers %d and %d pieces\n", qp_tokenizer_size(source), qp_tokenizer_size(target));
    if (source) qp_train_print_special(source, stream);
    if (target && target != source) qp_train_print_special(target, stream);
    qp_text_print_corpora(data, stream);
}
