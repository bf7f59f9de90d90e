#include "cli/text_model.h"

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
    if (!bundle->source_tokenizer && !bundle->target_tokenizer)
        return qp_fail(QP_EDATA, "%s: a model without a tokenizer; train it with quipu train", path);
    if (bundle->source_tokenizer)
        QP_TRY(read_tokenizer(path, bundle->source_tokenizer,
                              config->encoder == QP_KIND_NONE ? config->tgt_vocab_size : config->src_vocab_size, source));
    if (bundle->target_tokenizer)
        return read_tokenizer(path, bundle->target_tokenizer, config->tgt_vocab_size, target);
    *target = *source;
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
    char *source = NULL, *target = NULL;
    size_t bytes;
    qp_status status = QP_OK;
    if (text_model->source) status = qp_tokenizer_to_json(text_model->source, &source, &bytes);
    if (status == QP_OK && text_model->target && text_model->target != text_model->source)
        status = qp_tokenizer_to_json(text_model->target, &target, &bytes);
    if (status == QP_OK) status = qp_model_file_save(path, text_model->model, source, target);
    free(source);
    free(target);
    return status;
}
