#include "lib/run/settings/train_settings.h"

#include <stdio.h>
#include <string.h>

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
    const char *other = qp_config_other_name(name);
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

qp_status qp_train_complete(qp_train_settings *settings, is_given *given, const void *self)
{
    static const char *const tokenizers[] = {"tokenizer", "src-tokenizer", "tgt-tokenizer"};
    qp_job_config *job = &settings->job;
    qp_model_config *model = &settings->model;
    settings->given = given;
    settings->given_self = self;
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
