#define _GNU_SOURCE
#include "cli/train_job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "cli/signals.h"
#include "cli/text.h"
#include "cli/train_text.h"
#include "cli/validation.h"
#include "lib/base/file.h"

#define ROW(...) QP_FIELD_ROW(qp_job_config, __VA_ARGS__)
static const qp_field fields[] = {QP_JOB_FIELDS(ROW)};
const qp_field_table qp_job_fields = {"data and run", fields, sizeof fields / sizeof fields[0]};

void qp_train_tables(qp_train_settings *settings, const qp_field_table *table[QP_TRAIN_TABLES],
                     void *object[QP_TRAIN_TABLES])
{
    const qp_field_table *tables[] = {&qp_job_fields, &qp_model_fields, &qp_training_fields, &qp_optimizer_fields,
                                      &qp_schedule_fields};
    void *objects[] = {&settings->job, &settings->model, &settings->training, &settings->optimizer, &settings->schedule};
    memcpy(table, tables, sizeof tables);
    memcpy(object, objects, sizeof objects);
}

/* One run. */
typedef struct {
    qp_train_settings *settings;
    char folder[1024];
    qp_train_text text;
    qp_text_model text_model;
    qp_batcher *train_batches, *valid_batches;
    qp_windows *train_windows, *valid_windows;        /* instead, with --lm-window */
    qp_batch_source train_source, valid_source;
    qp_validation validation;
    bool live;                 /* the progress line is rewritten in place */
    bool line_open;            /* it stands on the terminal without its end */
} job;

/* ---- what people see ---- */

static void end_line(job *j)
{
    if (j->line_open) fputc('\n', stderr);
    j->line_open = false;
}

static void show_progress(void *self, const qp_progress *progress)
{
    job *j = self;
    char text[256];
    if (j->settings->job.quiet) return;
    if (j->live) {
        fprintf(stderr, "\r\033[K%.*s", qp_text_columns(stderr) - 1, qp_progress_line(progress, text, sizeof text));
        fflush(stderr);
        j->line_open = true;
        if (progress->shown) end_line(j);
    } else if (progress->shown) {
        fprintf(stderr, "%s\n", qp_progress_line(progress, text, sizeof text));
    }
}

static void show_note(void *self, const char *line)
{
    job *j = self;
    if (j->settings->job.quiet) return;
    if (j->live) fputs("\r\033[K", stderr);
    j->line_open = false;
    fprintf(stderr, "%s\n", line);
}

/* ---- loss and saving, for the trainer ---- */

typedef struct {
    const qp_model *model;
    qp_real smoothing;
} model_loss;

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *shard)
{
    const model_loss *loss = self;
    return qp_model_loss(loss->model, tape, shard, loss->smoothing);
}

static qp_status save_model(void *self, const char *path) { return qp_text_model_save(&((job *)self)->text_model, path); }

/* From nats a token to bits a character; lines that were cut have no known share of it. */
static void add_bits(const qp_corpus_figures *figures, qp_metrics *metrics)
{
    if (figures->cut == 0 && metrics->count > 0 && strcmp(metrics->entry[0].name, "loss") == 0)
        qp_metrics_add(metrics, "bits-per-character",
                       metrics->entry[0].value * (double)figures->target.tokens / (double)figures->target.characters / M_LN2);
}

static qp_status measure(void *self, int threads, qp_metrics *metrics)
{
    const job *j = self;
    if (j->settings->model.task == QP_TASK_LM) add_bits(&j->text.valid_corpus.figures, metrics);
    return qp_validation_measure(&((job *)self)->validation, threads, metrics);
}

/* ---- the run's folder ---- */

static qp_status find_folder(job *j)
{
    const char *model = j->settings->job.model, *suffix = ".safetensors";
    size_t length = strlen(model), tail = strlen(suffix);
    if (length == 0) return qp_fail(QP_EUSAGE, "no model file to make; name it with -m MODEL.safetensors");
    if (length > tail && strcmp(model + length - tail, suffix) == 0) length -= tail;
    snprintf(j->folder, sizeof j->folder, "%.*s.run", (int)length, model);
    if (j->settings->job.overwrite) {
        QP_TRY(qp_trainer_discard(j->folder));
        if (unlink(model) != 0 && qp_file_exists(model))
            return qp_fail(QP_ECREATE, "%s: cannot be removed for --overwrite", model);
    } else if (qp_file_exists(model) && !qp_file_exists(j->folder)) {
        return qp_fail(QP_ECREATE, "%s: exists, but its run %s does not; add --overwrite to replace it, or name another -m",
                       model, j->folder);
    }
    return qp_folder_make(j->folder);
}

/* Fields that may differ between sessions of one run: they change no number, or only how far it goes. A schedule that
 * ends somewhere depends on how far that is, unless --lr-total says where it ends. */
static bool is_free(const qp_train_settings *settings, const char *name)
{
    static const char *const changes_nothing[] = {"overwrite", "progress", "quiet", "threads", "disp_freq", "save_freq",
                                                  "keep", "model", "time_limit"};
    static const char *const limits[] = {"epochs", "steps", "train_tokens"};
    int schedule = settings->schedule.lr_schedule;
    bool ends = settings->schedule.lr_total == 0 &&
                (schedule == QP_SCHEDULE_LINEAR || schedule == QP_SCHEDULE_COSINE || schedule == QP_SCHEDULE_ONE_CYCLE);
    for (size_t i = 0; i < sizeof changes_nothing / sizeof *changes_nothing; i++)
        if (strcmp(name, changes_nothing[i]) == 0) return true;
    for (size_t i = 0; !ends && i < sizeof limits / sizeof *limits; i++)
        if (strcmp(name, limits[i]) == 0) return true;
    return false;
}

static void hash_corpus_side(XXH3_state_t *state, const qp_corpus_side *side, int64_t sequences)
{
    if (!side->start) return;
    XXH3_64bits_update(state, side->start, (size_t)(sequences + 1) * sizeof *side->start);
    XXH3_64bits_update(state, side->id, (size_t)side->start[sequences] * sizeof *side->id);
}

/* One line that is equal for equal settings and equal data. */
static qp_status fingerprint(const job *j, char *text, size_t bytes)
{
    const qp_field_table *table[QP_TRAIN_TABLES];
    void *object[QP_TRAIN_TABLES];
    qp_train_tables(j->settings, table, object);
    XXH3_state_t *state = XXH3_createState();
    if (!state) return qp_fail(QP_EMEMORY, "out of memory");
    XXH3_64bits_reset(state);
    char value[600];
    for (int t = 0; t < QP_TRAIN_TABLES; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            if (is_free(j->settings, field->name)) continue;
            qp_config_get(field, object[t], value, sizeof value);
            XXH3_64bits_update(state, field->name, strlen(field->name) + 1);
            XXH3_64bits_update(state, value, strlen(value) + 1);
        }
    unsigned long long settings = XXH3_64bits_digest(state);
    XXH3_64bits_reset(state);
    hash_corpus_side(state, &j->text.train_corpus.source, j->text.train_corpus.sequences);
    hash_corpus_side(state, &j->text.train_corpus.target, j->text.train_corpus.sequences);
    snprintf(text, bytes, "settings %016llx data %016llx", settings, (unsigned long long)XXH3_64bits_digest(state));
    XXH3_freeState(state);
    return QP_OK;
}

static qp_status write_config(const job *j)
{
    const qp_field_table *table[QP_TRAIN_TABLES];
    void *object[QP_TRAIN_TABLES];
    qp_train_tables(j->settings, table, object);
    char path[1100], *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream) return qp_fail(QP_EMEMORY, "out of memory");
    qp_config_yaml_write(stream, table, object, QP_TRAIN_TABLES);
    fclose(stream);
    snprintf(path, sizeof path, "%s/config.yaml", j->folder);
    qp_writer *writer;
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, text, bytes);
        status = qp_writer_commit(writer);
    }
    free(text);
    return status;
}

/* ---- putting it together ---- */

static qp_status build_model(job *j)
{
    qp_train_settings *s = j->settings;
    qp_tokenizer *source = j->text.source, *target = j->text.target;
    s->model.src_vocab_size = source ? qp_tokenizer_size(source) : 0;
    s->model.tgt_vocab_size = qp_tokenizer_size(target);
    qp_model *model;
    QP_TRY(qp_model_new(&s->model, (uint64_t)s->training.seed, &model));
    qp_text_model_adopt(&j->text_model, model, source, target);
    j->text.source = j->text.target = NULL;
    if (!s->job.quiet)
        fprintf(stderr, "model      %zu parameters\n", qp_params_elements(qp_model_params(model)));
    return QP_OK;
}

/* --batch-size counts tokens, at least one window of them, or windows. */
static qp_status build_windows(job *j)
{
    const qp_train_settings *s = j->settings;
    qp_windows_options options = {.window = s->model.lm_window, .size = s->job.batch_size, .shuffle = true,
                                  .seed = (uint64_t)s->training.seed, .slots = (int)s->training.accum};
    if (s->job.batch_type == 0) options.size = options.size > options.window ? options.size / options.window : 1;
    QP_TRY(qp_windows_new(&j->text.train_corpus, &options, &j->train_windows));
    j->train_source = qp_windows_source(j->train_windows);
    if (!j->text.has_valid) return QP_OK;
    options.shuffle = false;
    options.slots = 1;
    QP_TRY(qp_windows_new(&j->text.valid_corpus, &options, &j->valid_windows));
    j->valid_source = qp_windows_source(j->valid_windows);
    return QP_OK;
}

static qp_status build_batches(job *j)
{
    const qp_train_settings *s = j->settings;
    if (s->model.lm_window) return build_windows(j);
    qp_batcher_options options = {.kind = s->job.batch_type == 0 ? QP_BATCH_TOKENS : QP_BATCH_SENTENCES,
                                  .size = s->job.batch_size, .shuffle = true, .seed = (uint64_t)s->training.seed,
                                  .slots = (int)s->training.accum};
    QP_TRY(qp_batcher_new(&j->text.train_corpus, &options, &j->train_batches));
    j->train_source = qp_batcher_source(j->train_batches);
    if (!j->text.has_valid) return QP_OK;
    options.shuffle = false;
    options.slots = 1;
    QP_TRY(qp_batcher_new(&j->text.valid_corpus, &options, &j->valid_batches));
    j->valid_source = qp_batcher_source(j->valid_batches);
    return QP_OK;
}

static qp_status prepare(job *j)
{
    const qp_train_settings *s = j->settings;
    QP_TRY(qp_train_text_files(s, &j->text));
    QP_TRY(find_folder(j));
    QP_TRY(qp_train_text_tokenizers(s, j->folder, &j->text));
    QP_TRY(qp_train_text_corpora(s, &j->text));
    if (!s->job.quiet) qp_train_text_print(&j->text);
    if (j->text.has_valid && s->model.task == QP_TASK_TRANSLATE)
        QP_TRY(qp_validation_init(&j->validation, &j->text.valid, s->job.valid_metrics));
    j->validation.beam_size = (int)s->job.valid_beam_size;
    j->validation.lower_case = s->job.lower_case != 0;
    QP_TRY(build_model(j));
    j->validation.text_model = &j->text_model;
    QP_TRY(build_batches(j));
    return write_config(j);
}

static qp_status train(job *j, qp_trainer_result *result)
{
    const qp_train_settings *s = j->settings;
    char mark[80];
    QP_TRY(fingerprint(j, mark, sizeof mark));
    model_loss train_loss = {j->text_model.model, (qp_real)s->training.label_smoothing};
    model_loss valid_loss = {j->text_model.model, 0};
    qp_trainer trainer = {
        .params = qp_model_params(j->text_model.model),
        .loss = {&train_loss, loss_of},
        .valid_loss = {&valid_loss, loss_of},
        .train = &j->train_source,
        .valid = j->text.has_valid ? &j->valid_source : NULL,
        .config = &s->training,
        .optimizer = &s->optimizer,
        .schedule = &s->schedule,
        .folder = j->folder,
        .model_path = s->job.model,
        .fingerprint = mark,
        .hooks = {.self = j, .measure = j->text.has_valid ? measure : NULL, .save_model = save_model, .progress = show_progress, .note = show_note,
                  .stop = qp_signals_flag()},
    };
    return qp_trainer_run(&trainer, result);
}

static void job_free(job *j)
{
    qp_validation_free(&j->validation);
    qp_batcher_free(j->train_batches);
    qp_batcher_free(j->valid_batches);
    qp_windows_free(j->train_windows);
    qp_windows_free(j->valid_windows);
    if (j->text.target != j->text.source) qp_tokenizer_free(j->text.target);
    qp_tokenizer_free(j->text.source);
    qp_train_text_free(&j->text);
    qp_text_model_free(&j->text_model);
}

qp_status qp_train_job_run(qp_train_settings *settings, qp_trainer_result *result, qp_text_model *text_model)
{
    job j = {.settings = settings};
    int progress = settings->job.progress;
    j.live = progress == QP_PROGRESS_ALWAYS || (progress == QP_PROGRESS_AUTO && isatty(STDERR_FILENO));
    if (settings->schedule.lr_width == 0) settings->schedule.lr_width = settings->model.emb_size;
    qp_signals_watch();
    qp_status status = prepare(&j);
    if (status == QP_OK) status = train(&j, result);
    end_line(&j);
    if (status == QP_OK && text_model) {
        *text_model = j.text_model;
        j.text_model = (qp_text_model){0};
    }
    job_free(&j);
    return status;
}
