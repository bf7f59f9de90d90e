#include "lib/run/train_run.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/files/file_list.h"
#include "lib/nn/adapters.h"
#include "lib/run/class_weights.h"
#include "lib/run/defaults.h"
#include "lib/run/hold_out.h"
#include "lib/run/settings/option_uses.h"
#include "lib/run/train_agreement.h"
#include "lib/run/train_embeddings.h"
#include "lib/run/train_labelled.h"
#include "lib/run/train_task.h"
#include "lib/run/train_teacher.h"
#include "lib/run/train_text.h"
#include "lib/run/train_transfer.h"

static void note(void *self, const char *line)
{
    const qp_train_run *run = self;
    if (run->hooks->note) run->hooks->note(run->hooks->self, line);
}

static void progress(void *self, const qp_progress *progress)
{
    const qp_train_run *run = self;
    if (run->hooks->progress) run->hooks->progress(run->hooks->self, progress);
}

static qp_status save_model(void *self, const char *path)
{
    return qp_package_save(((qp_train_run *)self)->data.package, path);
}

static qp_status begin_folder(void *self)
{
    qp_train_run *run = self;
    return qp_train_folder_begin(&run->folder, run->settings);
}

static qp_status measure(void *self, int threads, qp_metrics *metrics)
{
    qp_train_run *run = self;
    return run->task->measure(&run->data, threads, metrics);
}

/* The first of the session's files: --init-from matters only before the first save. */
static bool begins(const qp_train_run *run)
{
    return !*run->folder.path || run->settings->job.overwrite || !qp_train_folder_begun(run->folder.path);
}

static qp_status build_model(qp_train_run *run)
{
    qp_train_settings *s = run->settings;
    qp_package *package = run->data.package;
    run->task->sizes(&run->data, &s->model);
    qp_model *model;
    int rank = (int)s->job.lora;
    if (rank > 0 && !*s->job.init_from)
        return qp_fail(QP_EUSAGE, "--lora adapts a model; name it with --init-from FILE");
    QP_TRY(qp_model_plan(&s->model, &model));
    qp_package_set_model(package, model);
    qp_params *params = qp_model_params(model);
    if (rank > 0) {
        package->lora_alpha = s->job.lora_alpha > 0 ? s->job.lora_alpha : rank;
        QP_TRY(qp_adapters_add(params, s->job.lora_layers, rank, package->lora_alpha));
    }
    QP_TRY(qp_params_finish(params));
    qp_params_initialise(params, (uint64_t)s->training.seed);
    char line[80];
    snprintf(line, sizeof line, "model      %zu parameters", qp_params_elements(qp_model_params(package->model)));
    note(run, line);
    QP_TRY(qp_classify_weigh(&run->data));
    qp_classify_targets(&run->data);
    QP_TRY(qp_class_weights_set(s, &run->data));
    QP_TRY(qp_train_teacher_set(s, &run->data, run->teacher, &run->teacher_hash));
    bool transfers = *s->job.init_from && (begins(run) || rank > 0); /* adapters read the frozen weights each time */
    if (transfers) QP_TRY(qp_train_transfer(package, s->job.init_from, note, run));
    return qp_train_embeddings_read(&s->job, package, &run->embeddings, note, run);
}

static void warn(void *self, const char *text)
{
    char line[800];
    snprintf(line, sizeof line, "warning: %s", text);
    note(self, line);
}

/* One line for each choice: topic, options, reason. */
static void report_choices(const qp_train_run *run, const qp_choice_list *list)
{
    for (int i = 0; i < list->count; i++) {
        const qp_choice *choice = &list->choice[i];
        char line[360];
        if (!*choice->options) continue;
        snprintf(line, sizeof line, "%-10s %s  (%s)", choice->topic, choice->options, choice->reason);
        note((void *)run, line);
    }
}

static bool read_once(const qp_text_files *files)
{
    return (files->source && qp_file_list_once(files->source)) || (files->target && qp_file_list_once(files->target)) ||
           (files->weights && qp_file_list_once(files->weights));
}

/* Of several ranks rank 0 looks. */
static qp_status take_survey(qp_train_run *run, qp_survey *survey)
{
    qp_cluster *cluster = run->data.cluster;
    qp_status status = QP_OK;
    if (qp_cluster_rank(cluster) == 0) status = qp_survey_take(run->settings, &run->data, survey);
    QP_TRY(qp_cluster_agree(cluster, status));
    qp_cluster_broadcast(cluster, survey, sizeof *survey);
    return QP_OK;
}

/* Options that name a file of weights, which is read before the others are chosen: whether they are of use depends on
 * the task alone. */
static bool names_weights(const void *self, const char *name)
{
    const qp_train_settings *s = self;
    return (strcmp(name, "teacher") == 0 || strcmp(name, "embeddings") == 0) && s->typed(s->given_self, name);
}

/* A configuration keeps what was counted in the data as a record; as an option it would change nothing. */
static qp_status check_records(const qp_train_settings *s)
{
    static const char *const name[] = {"src-vocab-size", "tgt-vocab-size", "labels", "features"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (s->typed(s->given_self, name[i]))
            return qp_fail(QP_EUSAGE, "--%s is counted in the data, so it would change nothing; leave it out%s",
                           name[i], i < 2 ? ", or give --vocab-size" : "");
    return QP_OK;
}

/* Was this option given in the configuration file, and not on the command line? */
static bool configured(const void *self, const char *name)
{
    const qp_train_settings *s = self;
    return s->given(s->given_self, name) && !(s->typed && s->typed(s->given_self, name));
}

/* Options that nothing reads, now that the others are chosen. A configuration file may hold all options, so what it
 * gives is only worth a warning. */
static qp_status check_uses(qp_train_run *run)
{
    const qp_train_settings *s = run->settings;
    char names[200], text[300];
    if (s->typed) {
        QP_TRY(check_records(s));
        QP_TRY(qp_option_uses_check(s, s->typed, s->given_self));
        if (qp_option_uses_shared(s, s->typed, s->given_self, names, sizeof names) > 0) {
            snprintf(text, sizeof text, "this kind of model does not read %s; leave that out", names);
            warn(run, text);
        }
    }
    if (s->given && qp_option_uses_list(s, configured, s, names, sizeof names) > 0) {
        snprintf(text, sizeof text, "options of the configuration file that nothing reads in this model: %s", names);
        warn(run, text);
    }
    return QP_OK;
}

/* Options that only validations read. They are worth a warning where there are none, not an error: a script may give
 * them to all its runs. */
static void warn_unvalidated(qp_train_run *run)
{
    static const char *const name[] = {"average", "valid-freq", "valid-metrics", "valid-beam-size",
                                       "early-stopping-metric"};
    const qp_train_settings *s = run->settings;
    char list[150] = "", text[300];
    if (run->data.has_valid || !s->typed) return;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        bool one = i == 0 && s->training.average <= 1;
        if (one || !s->typed(s->given_self, name[i])) continue;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s--%s", *list ? ", " : "", name[i]);
    }
    if (!*list) return;
    if (run->data.no_valid)
        snprintf(text, sizeof text, "%s: for validations, which --valid none leaves out; leave one of them out", list);
    else
        snprintf(text, sizeof text, "%s: nothing is validated, so this changes nothing; give %s", list,
                 qp_hold_out_remedy(s));
    warn(run, text);
}

/* Survey the data, and choose the options that were not given. */
static qp_status choose(qp_train_run *run)
{
    qp_survey survey;
    qp_choice_list list = {0};
    char held[QP_HOLD_OUT_BYTES];
    if (read_once(&run->data.files[QP_TRAINING])) { /* there is no second look */
        note(run,
             "defaults   nothing is chosen from data that can be read only once, and nothing is held back  (name a "
             "file)");
        QP_TRY(check_uses(run));
        warn_unvalidated(run);
        return QP_OK;
    }
    if (run->settings->job.stream) QP_TRY(qp_text_stream_index(&run->data));
    QP_TRY(take_survey(run, &survey));
    QP_TRY(qp_defaults_choose(run->settings, &survey, &list));
    QP_TRY(qp_hold_out(run->settings, &survey, &run->data, held));
    if (!run->data.has_valid) qp_defaults_unvalidated(run->settings, &list);
    QP_TRY(check_uses(run));
    if (*held) note(run, held);
    report_choices(run, &list);
    warn_unvalidated(run);
    return QP_OK;
}

/* Batches of a pass; with --curriculum, whose first passes are shorter, the mean of the run, rounded up. */
static qp_status pass_batches(const qp_train_run *run, qp_batch_source *batches, int64_t *count)
{
    int64_t growing = run->settings->job.curriculum, epochs = run->settings->training.epochs, sum = 0;
    if (growing > epochs) growing = epochs;
    QP_TRY(batches->begin(batches->self, growing, count));
    if (growing == 0) return QP_OK;
    sum = *count * (epochs - growing);
    for (int64_t e = 0; e < growing; e++) {
        QP_TRY(batches->begin(batches->self, e, count));
        sum += *count;
    }
    *count = (sum + epochs - 1) / epochs;
    return QP_OK;
}

static qp_status choose_schedule(qp_train_run *run)
{
    qp_choice_list list = {0};
    qp_batch_source *batches = &run->data.batches[QP_TRAINING];
    int64_t count, accum = run->settings->training.accum;
    QP_TRY(pass_batches(run, batches, &count));
    qp_pass pass = {(count + accum - 1) / accum, run->data.corpus[QP_TRAINING].statistics.target.tokens};
    QP_TRY(qp_defaults_schedule(run->settings, run->data.has_valid, pass, &list));
    report_choices(run, &list);
    return QP_OK;
}

static qp_status read_data(qp_train_run *run, bool keep)
{
    qp_train_settings *s = run->settings;
    if (keep && !*s->job.model) return qp_fail(QP_EUSAGE, "no model file to write; name it with -m FILE.safetensors");
    QP_TRY(run->task->files(s, &run->data));
    QP_TRY(choose(run));
    QP_TRY(qp_train_embeddings_size(s, note, run));
    bool writes = keep && qp_cluster_rank(run->hooks->cluster) == 0;
    if (keep) qp_train_folder_name(&s->job, &run->folder);
    if (writes) QP_TRY(qp_train_folder_open(&s->job, &run->folder));
    if (writes && run->hooks->begun) QP_TRY(run->hooks->begun(run->hooks->self));
    QP_TRY(run->task->tokenizers(s, writes ? run->folder.made : NULL, &run->data));
    QP_TRY(run->task->load(s, &run->data));
    if (run->hooks->read) run->hooks->read(run->hooks->self, &run->data, run->task);
    if (run->task->warn && !s->job.dry_run) run->task->warn(&run->data, warn, run);
    return QP_OK;
}

static void set_trainer(qp_train_run *run)
{
    qp_train_settings *s = run->settings;
    const qp_model *model = run->data.package->model;
    qp_batch_source *valid = run->data.has_valid ? &run->data.batches[QP_VALIDATION] : NULL;
    run->train_loss = (qp_model_objective){model, (qp_real)s->training.label_smoothing};
    run->valid_loss = (qp_model_objective){model, 0};
    run->trainer = (qp_trainer){
        .params = qp_model_params(model),
        .loss = qp_model_objective_loss(&run->train_loss),
        .valid_loss = qp_model_objective_loss(&run->valid_loss),
        .train = &run->data.batches[QP_TRAINING],
        .valid = valid,
        .asks_average = s->given && s->given(s->given_self, "average"),
        .valid_by_time = s->given && !s->given(s->given_self, "valid-freq"),
        .no_perplexity = s->model.task == QP_TASK_REGRESS || s->model.task == QP_TASK_MATCH,
        .config = &s->training,
        .optimizer = &s->optimizer,
        .schedule = &s->schedule,
        .folder = *run->folder.path ? run->folder.path : NULL,
        .start_over = s->job.overwrite,
        .model_path = *s->job.model ? s->job.model : NULL,
        .fingerprint = run->fingerprint,
        .cluster = run->hooks->cluster,
        .hooks = {.self = run,
                  .begin = *run->folder.path ? begin_folder : NULL,
                  .measure = valid ? measure : NULL,
                  .save_model = save_model,
                  .progress = progress,
                  .note = note,
                  .stop = run->hooks->stop},
    };
}

/* What is wrong whatever the data are, before any of them is read. */
static qp_status check_options(const qp_train_settings *s)
{
    bool pairs = s->model.task == QP_TASK_TRANSLATE || s->model.task == QP_TASK_AUTOENCODE;
    if (s->job.scheduled_sampling > 0 && !pairs)
        return qp_fail(QP_EUSAGE, "--scheduled-sampling is for decoders of --task translate and autoencode; use "
                                  "--word-dropout-tgt, or leave it out");
    bool plain = s->model.loss == QP_OBJECTIVE_AUTO || s->model.loss == QP_OBJECTIVE_CROSS_ENTROPY;
    if (s->training.label_smoothing > 0 && !plain && s->model.loss < QP_OBJECTIVE_MSE)
        return qp_fail(QP_EUSAGE, "--label-smoothing is for --loss cross-entropy; add --label-smoothing 0, or leave "
                                  "--loss out");
    bool numbers = qp_train_reads_images(s) || s->model.task == QP_TASK_REGRESS;
    QP_TRY(qp_train_shares_check(&s->job, numbers ? "rows of numbers are read in order" : NULL));
    if (s->job.stream && (s->model.carry || !(pairs || s->model.task == QP_TASK_LM || s->model.task == QP_TASK_MLM)))
        return qp_fail(QP_EUSAGE, "--stream is for --task lm, translate, autoencode and mlm, without --carry; leave it "
                                  "out");
    return qp_training_config_check(&s->training);
}

qp_status qp_train_run_prepare(qp_train_run *run, qp_train_settings *s, bool keep, const qp_train_hooks *hooks)
{
    *run = (qp_train_run){.settings = s, .hooks = hooks, .task = qp_train_task_of(s)};
    QP_TRY(qp_train_agree(hooks->cluster, s, "")); /* ranks with other options would not read the data together */
    QP_TRY(check_options(s));
    QP_TRY(qp_train_data_begin(&run->data));
    run->data.cluster = hooks->cluster;
    if (strcmp(s->job.valid, "none") == 0) {
        run->data.no_valid = true;
        s->job.valid[0] = '\0';
    }
    if (s->typed) QP_TRY(qp_option_uses_check(s, names_weights, s));
    QP_TRY(qp_train_teacher_open(s, &run->data, &run->teacher));
    qp_train_teacher_take(s, run->teacher);
    QP_TRY(read_data(run, keep));
    bool scaled = s->schedule.lr_schedule == QP_SCHEDULE_NOAM;
    if (scaled && s->schedule.lr_width == 0) s->schedule.lr_width = s->model.emb_size;
    QP_TRY(build_model(run));
    for (int part = 0; part < (run->data.has_valid ? QP_PARTS : 1); part++)
        QP_TRY(run->task->source(s, &run->data, part, &run->data.batches[part]));
    QP_TRY(choose_schedule(run));
    QP_TRY(qp_train_fingerprint(s, &run->data, run->embeddings, run->teacher_hash, run->fingerprint));
    QP_TRY(qp_train_agree(hooks->cluster, s, run->fingerprint));
    bool resumes = run->folder.lock && !s->job.overwrite && !*s->training.reset;
    if (resumes) QP_TRY(qp_train_folder_compare(run->folder.path, s, run->fingerprint));
    set_trainer(run);
    return QP_OK;
}

qp_package *qp_train_run_package(qp_train_run *run)
{
    qp_package *package = run->data.package;
    run->data.package = NULL;
    qp_model_distill(package->model, (qp_distillation){0}); /* the teacher goes with the run, and so do the answers */
    qp_model_set_targets(package->model, (qp_target_sets){0});
    return package;
}

void qp_train_run_free(qp_train_run *run)
{
    qp_train_folder_close(&run->folder);
    qp_train_data_free(&run->data);
    qp_package_free(run->teacher);
    run->teacher = NULL;
}
