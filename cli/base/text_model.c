#include "cli/base/text_model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model/model_file.h"
#include "tokenizer/tokenizer_file.h"

void qp_text_model_adopt(qp_text_model *text_model, qp_model *model, qp_tokenizer *source, qp_tokenizer *target)
{
    *text_model = (qp_text_model){.model = model, .source = source, .target = target};
    if (source) text_model->source_codec = qp_tokenizer_codec(source);
    if (target) text_model->target_codec = qp_tokenizer_codec(target);
}

void qp_text_model_free(qp_text_model *text_model)
{
    qp_model_free(text_model->model);
    if (text_model->target != text_model->source) qp_tokenizer_free(text_model->target);
    qp_tokenizer_free(text_model->source);
    qp_labels_free(&text_model->labels);
    qp_scaling_free(&text_model->scaling);
    *text_model = (qp_text_model){0};
}

/* ---- loading ---- */

static qp_status read_tokenizer(const char *path, const char *json, int64_t vocabulary, qp_tokenizer **tokenizer)
{
    QP_TRY(qp_tokenizer_from_json(path, json, strlen(json), tokenizer));
    if (qp_tokenizer_size(*tokenizer) <= vocabulary) return QP_OK;
    int size = qp_tokenizer_size(*tokenizer);
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return qp_fail(QP_EDATA, "%s: its tokenizer has %d pieces, its model only %lld; the file is damaged", path, size,
                   (long long)vocabulary);
}

static qp_status read_tokenizers(const char *path, const qp_model_bundle *bundle, qp_tokenizer **source,
                                 qp_tokenizer **target)
{
    const qp_model_config *config = qp_model_config_of(bundle->model);
    if (config->task == QP_TASK_REGRESS) return QP_OK;
    if (!bundle->source_tokenizer && !bundle->target_tokenizer)
        return qp_fail(QP_EDATA, "%s: a model without a tokenizer; train it with quipu train", path);
    if (bundle->source_tokenizer)
        QP_TRY(read_tokenizer(path, bundle->source_tokenizer,
                              config->encoder == QP_KIND_NONE ? config->tgt_vocab_size : config->src_vocab_size,
                              source));
    if (bundle->target_tokenizer) return read_tokenizer(path, bundle->target_tokenizer, config->tgt_vocab_size, target);
    *target = *source;
    return QP_OK;
}

static qp_status damaged(const char *path, const char *what)
{
    return qp_fail(QP_EDATA, "%s: its %s are missing or do not fit the model; the file is damaged", path, what);
}

/* The labels of a classifier or tagger, the scaling of a forecaster. */
static qp_status read_rest(const char *path, const qp_model_bundle *bundle, qp_text_model *m)
{
    const qp_model_config *config = qp_model_config_of(m->model);
    if (config->task == QP_TASK_CLASSIFY || config->task == QP_TASK_TAG) {
        if (!bundle->labels || qp_labels_parse(bundle->labels, &m->labels) != QP_OK ||
            m->labels.count != config->labels)
            return damaged(path, "labels");
    } else if (config->task == QP_TASK_REGRESS) {
        if (!bundle->scaling || qp_scaling_parse(bundle->scaling, &m->scaling) != QP_OK ||
            m->scaling.columns != config->features || m->scaling.horizon != config->horizon)
            return damaged(path, "columns and scaling");
    }
    return QP_OK;
}

qp_status qp_text_model_load(const char *path, qp_text_model *text_model)
{
    *text_model = (qp_text_model){0};
    qp_model_bundle bundle;
    QP_TRY(qp_model_file_load(path, &bundle));
    qp_tokenizer *source = NULL, *target = NULL;
    qp_status status = read_tokenizers(path, &bundle, &source, &target);
    if (status == QP_OK) {
        qp_text_model_adopt(text_model, bundle.model, source, target);
        bundle.model = NULL;
        status = read_rest(path, &bundle, text_model);
        if (status != QP_OK) qp_text_model_free(text_model);
        source = target = NULL;
    } else if (target != source) {
        qp_tokenizer_free(target);
    }
    if (status != QP_OK) qp_tokenizer_free(source);
    qp_model_bundle_free(&bundle);
    return status;
}

qp_status qp_text_model_open(const char *path, qp_text_model *text_model)
{
    *text_model = (qp_text_model){0};
    if (!*path) return qp_fail(QP_EUSAGE, "no model; name one with -m MODEL.safetensors");
    QP_TRY(qp_text_model_load(path, text_model));
    qp_status status = qp_params_pack(qp_model_params(text_model->model));
    if (status != QP_OK) qp_text_model_free(text_model);
    return status;
}

/* ---- saving ---- */

qp_status qp_text_model_save(const qp_text_model *text_model, const char *path)
{
    char *source = NULL, *target = NULL, *labels = NULL, *scaling = NULL;
    size_t bytes;
    qp_status status = QP_OK;
    if (text_model->source) status = qp_tokenizer_to_json(text_model->source, &source, &bytes);
    if (status == QP_OK && text_model->target && text_model->target != text_model->source)
        status = qp_tokenizer_to_json(text_model->target, &target, &bytes);
    if (status == QP_OK && text_model->labels.count) status = qp_labels_json(&text_model->labels, &labels);
    if (status == QP_OK && text_model->scaling.columns) status = qp_scaling_json(&text_model->scaling, &scaling);
    if (status == QP_OK)
        status = qp_model_file_save(path, text_model->model, &(qp_model_texts){source, target, labels, scaling});
    free(labels);
    free(scaling);
    free(source);
    free(target);
    return status;
}

/* ---- the right command ---- */

qp_status qp_text_model_open_as(const char *path, const int *task, qp_text_model *text_model)
{
    static const char *const what[] = {
        [QP_TASK_TRANSLATE] = "is a translator; use quipu translate",
        [QP_TASK_LM] = "is a language model; use quipu generate, or quipu score",
        [QP_TASK_CLASSIFY] = "is a classifier of texts; use quipu predict",
        [QP_TASK_TAG] = "is a tagger; use quipu predict",
        [QP_TASK_REGRESS] = "is a forecaster of series; use quipu predict",
        [QP_TASK_AUTOENCODE] = "is an autoencoder; use quipu translate, which gives the text back",
        [QP_TASK_MLM] = "is a masked language model; use quipu predict, which fills in [MASK]",
    };
    QP_TRY(qp_text_model_open(path, text_model));
    int is = qp_model_config_of(text_model->model)->task;
    for (; *task >= 0; task++)
        if (*task == is) return QP_OK;
    qp_text_model_free(text_model);
    return qp_fail(QP_EUSAGE, "%s: %s", path, what[is]);
}
