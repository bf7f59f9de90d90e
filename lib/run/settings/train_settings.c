#include "lib/run/settings/train_settings.h"

#include <stdio.h>
#include <string.h>

#include "lib/model/model_file.h"

QP_FIELD_TABLE(qp_job_fields, "data and run", qp_job_config, QP_JOB_FIELDS);
QP_FIELD_TABLE(qp_ngram_fields, "n-grams (--decoder ngram)", qp_ngram_options, QP_NGRAM_FIELDS);

void qp_train_tables(qp_train_settings *settings, const qp_field_table *table[QP_TRAIN_ALL_TABLES],
                     void *object[QP_TRAIN_ALL_TABLES])
{
    const qp_field_table *tables[] = {&qp_job_fields,       &qp_model_fields,    &qp_training_fields,
                                      &qp_optimizer_fields, &qp_schedule_fields, &qp_ngram_fields};
    void *objects[] = {&settings->job,       &settings->model,    &settings->training,
                       &settings->optimizer, &settings->schedule, &settings->ngram};
    memcpy(table, tables, sizeof tables);
    memcpy(object, objects, sizeof objects);
}

void qp_train_defaults(qp_train_settings *settings)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    qp_train_tables(settings, table, object);
    for (int t = 0; t < QP_TRAIN_ALL_TABLES; t++) qp_config_defaults(table[t], object[t]);
}

bool qp_train_reads_images(const qp_train_settings *settings)
{
    return settings->model.task == QP_TASK_CLASSIFY && (*settings->job.patch || *settings->job.column);
}

static qp_status set_option(qp_train_settings *settings, const char *name, const char *value, bool again)
{
    enum { NAMES = 400 };
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    const char *names[NAMES];
    int count = 0;
    qp_train_tables(settings, table, object);
    for (int t = 0; t < QP_TRAIN_ALL_TABLES; t++) {
        const qp_field *field = qp_config_find(table[t], name);
        if (field && again && qp_config_repeats(field)) return qp_config_add(field, object[t], name, value);
        if (field) return qp_config_set(field, object[t], name, value);
        for (int i = 0; i < table[t]->count && count < NAMES; i++) names[count++] = table[t]->field[i].name;
    }
    const char *other = qp_config_other_name(name, 0);
    if (other) return set_option(settings, other, value, again);
    const char *near = qp_config_suggest(name, names, count);
    return qp_fail(QP_EUSAGE, "train: unknown option '%.60s'%s%s%s", name, near ? "; did you mean " : "",
                   near ? near : "", near ? "?" : "");
}

qp_status qp_train_set(qp_train_settings *settings, const char *name, const char *value)
{
    return set_option(settings, name, value, false);
}

qp_status qp_train_add(qp_train_settings *settings, const char *name, const char *value)
{
    return set_option(settings, name, value, true);
}

/* ---- what follows from the options given ---- */

typedef bool is_given(const void *self, const char *name);

/* Whole words are all in the vocabulary of n-grams, and no line is cut. */
static void complete_ngram(qp_train_settings *settings, is_given *given, const void *self)
{
    if (settings->model.decoder != QP_KIND_NGRAM) return;
    const char *tokenizer = settings->job.tokenizer;
    bool words = strcmp(tokenizer, "word") == 0 || strcmp(tokenizer, "space") == 0;
    if (words && !given(self, "vocab-size")) settings->job.vocab_size = 16777216;
    if (!given(self, "max-length")) settings->model.max_length = 1048576;
}

/* ---- the network of --init-from ---- */

/* Options that are not of the network, and those that only another model of the same task shares. */
static const char *const own[] = {"task",
                                  "loss",
                                  "focal_gamma",
                                  "loss_weight",
                                  "quantiles",
                                  "dropout",
                                  "attention_dropout",
                                  "ff_dropout",
                                  "input_noise",
                                  "layer_drop",
                                  "stochastic_depth",
                                  "stochastic_depth_mode",
                                  "embedding_dropout",
                                  "word_dropout_src",
                                  "word_drop",
                                  "word_swap",
                                  "word_dropout_tgt",
                                  "mixup",
                                  "init",
                                  "init_gain",
                                  "src_vocab_size",
                                  "tgt_vocab_size",
                                  "labels",
                                  "features",
                                  "horizon",
                                  "recurrent_dropout",
                                  "zoneout",
                                  "zoneout_cell",
                                  "variational_dropout",
                                  "coverage_weight",
                                  "experts_balance",
                                  "experts_z_loss",
                                  "kl_weight",
                                  "temperature",
                                  "margin",
                                  NULL};
static const char *const same_task[] = {
    "word_layers",         "crf",           "bottleneck",  "codebook", "codes",   "variational",
    "lm_window",           "carry",         "vector_size", "start_id", "decoder", "dec_layers",
    "tied_embeddings_all", "untied_output", NULL};

static bool is_in(const char *const *list, const char *name)
{
    while (*list && strcmp(*list, name) != 0) list++;
    return *list != NULL;
}

/* Whether an option of the other model becomes ours where it was not given. */
static bool takes(const qp_model_config *ours, const qp_model_config *theirs, const char *name)
{
    bool same = ours->task == theirs->task;
    if (is_in(own, name) || (!same && is_in(same_task, name))) return false;
    if (strcmp(name, "pooling") == 0 || strcmp(name, "pooler") == 0)
        return same || (qp_model_task_pools(ours->task) && qp_model_task_pools(theirs->task));
    if (strcmp(name, "begin_token") == 0)
        return qp_model_task_has_decoder(ours->task) == qp_model_task_has_decoder(theirs->task);
    return true;
}

/* A side of another kind shares nothing with the other model's. */
static bool other_kind(is_given *given, const void *self, const char *name, int64_t ours, int64_t theirs)
{
    return given(self, name) && ours != theirs;
}

static qp_status take_network(qp_train_settings *settings, is_given *given, const void *self)
{
    qp_model_config *ours = &settings->model, theirs;
    bool found;
    char text[600];
    QP_TRY(qp_model_file_config(settings->job.init_from, &theirs, &found));
    bool reads = ours->task != QP_TASK_LM, same = found && ours->task == theirs.task;
    if (!found || theirs.decoder == QP_KIND_NGRAM || (reads && theirs.encoder == QP_KIND_NONE)) return QP_OK;
    if (reads && other_kind(given, self, "encoder", ours->encoder, theirs.encoder)) return QP_OK;
    if (same && other_kind(given, self, "decoder", ours->decoder, theirs.decoder)) return QP_OK;
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        if (given(self, field->name) || !takes(ours, &theirs, field->name)) continue;
        qp_config_get(field, &theirs, text, sizeof text);
        QP_TRY(qp_config_set(field, ours, settings->job.init_from, text));
    }
    return QP_OK;
}

qp_status qp_train_complete(qp_train_settings *settings, is_given *given, const void *self)
{
    static const char *const tokenizers[] = {"tokenizer", "src-tokenizer", "tgt-tokenizer"};
    qp_job_config *job = &settings->job;
    qp_model_config *model = &settings->model;
    settings->given = given;
    settings->given_self = self;
    if (*job->init_from) QP_TRY(take_network(settings, given, self));
    qp_model_config_complete(model, given, self);
    if (model->lm_window > model->max_length && !given(self, "max-length")) model->max_length = model->lm_window;
    if (job->layers > 0 && !given(self, "enc-layers")) model->enc_layers = job->layers;
    if (job->layers > 0 && !given(self, "dec-layers")) model->dec_layers = job->layers;
    if (model->tied_embeddings_all) job->share_vocab = 1;
    const char *other = *job->init_from ? job->init_from : job->teacher; /* its weights belong to its tokenizer */
    bool chosen = !*other;
    for (int i = 0; i < 3; i++) chosen = chosen || given(self, tokenizers[i]);
    if (!chosen) memcpy(job->tokenizer, other, sizeof job->tokenizer);
    complete_ngram(settings, given, self);
    if (job->layers == 0 && given(self, "layers"))
        return qp_fail(QP_EUSAGE, "--layers 0: a model has at least one layer; give more, or --enc-layers and "
                                  "--dec-layers");
    if (settings->schedule.lr <= 0 && model->decoder != QP_KIND_NGRAM)
        return qp_fail(QP_EUSAGE, "--lr 0: nothing would be learned; give a learning rate above 0");
    return QP_OK;
}
