#define _GNU_SOURCE
#include "cli/train/train_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/train/dry_run.h"
#include "cli/base/signals.h"
#include "cli/base/text.h"
#include "cli/train/train_folder.h"
#include "cli/train/train_task.h"
#include "lib/model/model_file.h"
#include "lib/model/model_transfer.h"
#include "tokenizer/tokenizer_file.h"

QP_FIELD_TABLE(qp_job_fields, "data and run", qp_job_config, QP_JOB_FIELDS);

void qp_train_tables(qp_train_settings *settings, const qp_field_table *table[QP_TRAIN_TABLES],
                     void *object[QP_TRAIN_TABLES])
{
    const qp_field_table *tables[] = {&qp_job_fields, &qp_model_fields, &qp_training_fields, &qp_optimizer_fields,
                                      &qp_schedule_fields};
    void *objects[] = {&settings->job, &settings->model, &settings->training, &settings->optimizer,
                       &settings->schedule};
    memcpy(table, tables, sizeof tables);
    memcpy(object, objects, sizeof objects);
}

/* One run. */
typedef struct {
    qp_train_settings *settings;
    const qp_train_task *task;
    char folder[QP_FOLDER_BYTES];
    qp_train_data data;
    qp_text_model text_model;
    FILE *log;      /* --log; NULL: none */
    bool live;      /* the progress line is rewritten in place */
    bool line_open; /* it stands on the terminal without its end */
} job;

/* ---- what people see ---- */

static void end_line(job *j)
{
    if (j->line_open) fputc('\n', stderr);
    j->line_open = false;
}

static void log_line(job *j, const char *line)
{
    if (!j->log) return;
    fprintf(j->log, "%s\n", line);
    fflush(j->log);
}

static void show_progress(void *self, const qp_progress *progress)
{
    job *j = self;
    char text[256];
    qp_progress_line(progress, text, sizeof text);
    if (progress->shown) log_line(j, text);
    if (j->settings->job.quiet) return;
    if (j->live) {
        fprintf(stderr, "\r\033[K%.*s", qp_text_columns(stderr) - 1, text);
        fflush(stderr);
        j->line_open = true;
        if (progress->shown) end_line(j);
    } else if (progress->shown) {
        fprintf(stderr, "%s\n", text);
    }
}

static void show_note(void *self, const char *line)
{
    job *j = self;
    log_line(j, line);
    if (j->settings->job.quiet) return;
    if (j->live) fputs("\r\033[K", stderr);
    j->line_open = false;
    fprintf(stderr, "%s\n", line);
}

static void show_data(job *j)
{
    if (!j->settings->job.quiet) j->task->print(&j->data, stderr);
    if (j->log) j->task->print(&j->data, j->log);
}

static qp_status open_log(job *j)
{
    const char *path = j->settings->job.log;
    if (!*path) return QP_OK;
    j->log = fopen(path, "a");
    return j->log ? QP_OK : qp_fail(QP_ECREATE, "--log: %s: cannot be written", path);
}

static qp_status close_log(job *j, qp_status status)
{
    if (!j->log) return status;
    char message[512];
    snprintf(message, sizeof message, "%s", qp_error_message());
    bool lost = ferror(j->log) != 0;
    lost = fclose(j->log) != 0 || lost;
    if (status != QP_OK) return qp_fail(status, "%s", message);
    return lost ? qp_fail(QP_EIO, "--log: %s: could not be written to its end", j->settings->job.log) : QP_OK;
}

/* ---- loss, measuring and saving, for the trainer ---- */

typedef struct {
    const qp_model *model;
    qp_real smoothing;
} model_loss;

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *shard)
{
    const model_loss *loss = self;
    return qp_model_loss(loss->model, tape, shard, loss->smoothing);
}

static qp_status save_model(void *self, const char *path)
{
    return qp_text_model_save(&((job *)self)->text_model, path);
}

static qp_status measure(void *self, int threads, qp_metrics *metrics)
{
    job *j = self;
    return j->task->measure(&j->data, &j->text_model, threads, metrics);
}

/* ---- beginning with another model's weights ---- */

/* Is `tokenizer` the one that the other model has on this side? One without tokenizers is taken at its word. */
static qp_status same_words(const qp_tokenizer *tokenizer, const char *theirs, bool *same)
{
    char *ours;
    size_t bytes;
    *same = true;
    if (!tokenizer || !theirs) return QP_OK;
    QP_TRY(qp_tokenizer_to_json(tokenizer, &ours, &bytes));
    *same = strcmp(ours, theirs) == 0;
    free(ours);
    return QP_OK;
}

static qp_status same_labels(const qp_labels *labels, const char *theirs, bool *same)
{
    char *ours = NULL;
    if (labels->count) QP_TRY(qp_labels_json(labels, &ours));
    *same = ours && theirs ? strcmp(ours, theirs) == 0 : !ours && !theirs;
    free(ours);
    return QP_OK;
}

static void tell_transfer(job *j, const char *path, const qp_transfer *transfer)
{
    static const char *const what[QP_TRANSFER_GROUPS] = {[QP_TRANSFER_TAKEN] = "taken",
                                                         [QP_TRANSFER_SHAPE] = "not taken, of another shape",
                                                         [QP_TRANSFER_REFUSED] = "not taken, of other words or labels",
                                                         [QP_TRANSFER_NEW] = "new, not in the file",
                                                         [QP_TRANSFER_LEFT] = "left in the file"};
    for (int group = 0; group < QP_TRANSFER_GROUPS; group++) {
        char line[2048];
        if (transfer->count[group] == 0) continue;
        snprintf(line, sizeof line, "init       %s: %s: %d parameters, %zu weights: %s", path, what[group],
                 transfer->count[group], transfer->weights[group], transfer->modules[group]);
        show_note(j, line);
    }
}

static qp_status take_weights(job *j)
{
    const char *path = j->settings->job.init_from;
    if (!*path || (*j->folder && qp_train_folder_begun(j->folder))) return QP_OK;
    qp_model_bundle theirs;
    qp_transfer_words words = {true, true, true};
    QP_TRY(qp_model_file_texts(path, &theirs));
    char *source = theirs.source_tokenizer, *target = theirs.target_tokenizer;
    qp_status status = same_words(j->text_model.source, source ? source : target, &words.source);
    if (status == QP_OK) status = same_words(j->text_model.target, target ? target : source, &words.target);
    if (status == QP_OK) status = same_labels(&j->text_model.labels, theirs.labels, &words.labels);
    qp_model_bundle_free(&theirs);
    QP_TRY(status);
    qp_transfer transfer;
    QP_TRY(qp_model_transfer(path, words, qp_model_params(j->text_model.model), &transfer));
    tell_transfer(j, path, &transfer);
    qp_transfer_free(&transfer);
    return QP_OK;
}

/* ---- putting it together ---- */

static qp_status build_model(job *j)
{
    qp_train_settings *s = j->settings;
    j->task->sizes(&j->data, &s->model);
    qp_model *model;
    QP_TRY(qp_model_new(&s->model, (uint64_t)s->training.seed, &model));
    qp_text_model_adopt(&j->text_model, model, j->data.source, j->data.target);
    j->data.model = model;
    j->data.source = j->data.target = NULL;
    j->text_model.labels = j->data.labels;
    j->text_model.scaling = j->data.scaling;
    j->data.adopted = true;
    char line[80];
    snprintf(line, sizeof line, "model      %zu parameters", qp_params_elements(qp_model_params(model)));
    show_note(j, line);
    return take_weights(j);
}

static qp_status prepare(job *j)
{
    qp_train_settings *s = j->settings;
    bool dry = s->job.dry_run, pairs = s->model.task == QP_TASK_TRANSLATE || s->model.task == QP_TASK_AUTOENCODE;
    if (s->job.scheduled_sampling > 0 && !pairs)
        return qp_fail(QP_EUSAGE, "--scheduled-sampling is for a decoder that reads what it makes of a source; use "
                                  "--word-dropout-tgt, or leave it out");
    QP_TRY(j->task->files(s, &j->data));
    if (!dry) {
        QP_TRY(qp_train_folder_find(&s->job, j->folder));
        QP_TRY(open_log(j));
    }
    QP_TRY(j->task->tokenizers(s, dry ? NULL : j->folder, &j->data));
    QP_TRY(j->task->load(s, &j->data));
    show_data(j);
    QP_TRY(build_model(j));
    for (int part = 0; part < (j->data.has_valid ? QP_PARTS : 1); part++)
        QP_TRY(j->task->source(s, &j->data, part, &j->data.batches[part]));
    return dry ? QP_OK : qp_train_folder_config(j->folder, s);
}

static qp_status train(job *j, qp_trainer_result *result)
{
    qp_train_settings *s = j->settings;
    char mark[QP_FINGERPRINT_BYTES];
    QP_TRY(qp_train_fingerprint(s, &j->data, &j->text_model.labels, mark));
    model_loss train_loss = {j->text_model.model, (qp_real)s->training.label_smoothing};
    model_loss valid_loss = {j->text_model.model, 0};
    qp_trainer trainer = {
        .params = qp_model_params(j->text_model.model),
        .loss = {&train_loss, loss_of},
        .valid_loss = {&valid_loss, loss_of},
        .train = &j->data.batches[QP_TRAINING],
        .valid = j->data.has_valid ? &j->data.batches[QP_VALIDATION] : NULL,
        .no_perplexity = s->model.task == QP_TASK_REGRESS,
        .config = &s->training,
        .optimizer = &s->optimizer,
        .schedule = &s->schedule,
        .folder = j->folder,
        .model_path = s->job.model,
        .fingerprint = mark,
        .hooks = {.self = j,
                  .measure = j->data.has_valid ? measure : NULL,
                  .save_model = save_model,
                  .progress = show_progress,
                  .note = show_note,
                  .stop = qp_signals_flag()},
    };
    if (!s->job.dry_run) return qp_trainer_run(&trainer, result);
    return qp_dry_run(s, &j->data, j->text_model.model, &trainer);
}

static void job_free(job *j)
{
    if (j->data.target != j->data.source) qp_tokenizer_free(j->data.target);
    qp_tokenizer_free(j->data.source);
    qp_train_data_free(&j->data);
    qp_text_model_free(&j->text_model);
}

qp_status qp_train_job_run(qp_train_settings *settings, qp_trainer_result *result, qp_text_model *text_model)
{
    job j = {.settings = settings, .task = qp_train_task_of(settings->model.task)};
    int progress = settings->job.progress;
    *result = (qp_trainer_result){0};
    j.live = progress == QP_PROGRESS_ALWAYS || (progress == QP_PROGRESS_AUTO && isatty(STDERR_FILENO));
    if (settings->schedule.lr_width == 0) settings->schedule.lr_width = settings->model.emb_size;
    qp_status status = prepare(&j);
    if (!settings->job.dry_run)
        qp_signals_watch(); /* only now there is something to save: before, a signal just ends us */
    if (status == QP_OK) status = train(&j, result);
    end_line(&j);
    status = close_log(&j, status);
    if (status == QP_OK && text_model) {
        *text_model = j.text_model;
        j.text_model = (qp_text_model){0};
    }
    job_free(&j);
    return status;
}
