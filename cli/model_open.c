#include "cli/model_open.h"

#include <stdio.h>
#include <string.h>

#include "tokenizer/tokenizer_file.h"

static qp_status open_tokenizer(const char *path, const char *side, const char *json, int64_t vocabulary,
                                qp_tokenizer **tokenizer)
{
    char place[700];
    snprintf(place, sizeof place, "%s: %s tokenizer", path, side);
    if (!json) return qp_fail(QP_EDATA, "%s: is not in the file; use a model that quipu train has made", place);
    QP_TRY(qp_tokenizer_from_json(place, json, strlen(json), tokenizer));
    int size = qp_tokenizer_size(*tokenizer);
    if (size != vocabulary)
        return qp_fail(QP_EDATA, "%s: has %d pieces, the model %lld; the file is damaged", place, size,
                       (long long)vocabulary);
    return QP_OK;
}

static qp_status open_tokenizers(const char *path, qp_opened_model *opened)
{
    const qp_model_config *config = qp_model_config_of(opened->bundle.model);
    const char *source = opened->bundle.source_tokenizer, *target = opened->bundle.target_tokenizer;
    bool reads_source = config->encoder != QP_KIND_NONE;
    if (reads_source)
        QP_TRY(open_tokenizer(path, "source", source, config->src_vocab_size, &opened->source_tokenizer));
    if (reads_source && !target)
        opened->target_tokenizer = opened->source_tokenizer;
    else
        QP_TRY(open_tokenizer(path, "target", target ? target : source, config->tgt_vocab_size,
                              &opened->target_tokenizer));
    if (qp_tokenizer_size(opened->target_tokenizer) != config->tgt_vocab_size)
        return qp_fail(QP_EDATA, "%s: its one tokenizer fits only one side of the model; the file is damaged", path);
    opened->target = qp_tokenizer_codec(opened->target_tokenizer);
    opened->source = qp_tokenizer_codec(reads_source ? opened->source_tokenizer : opened->target_tokenizer);
    return QP_OK;
}

qp_status qp_model_open(const char *path, qp_opened_model *opened)
{
    *opened = (qp_opened_model){0};
    if (!*path) return qp_fail(QP_EUSAGE, "no model; name one with -m MODEL.safetensors");
    QP_TRY(qp_model_file_load(path, &opened->bundle));
    qp_status status = open_tokenizers(path, opened);
    if (status == QP_OK) status = qp_params_pack(qp_model_params(opened->bundle.model));
    if (status != QP_OK) qp_model_close(opened);
    return status;
}

void qp_model_close(qp_opened_model *opened)
{
    if (opened->target_tokenizer != opened->source_tokenizer) qp_tokenizer_free(opened->target_tokenizer);
    qp_tokenizer_free(opened->source_tokenizer);
    qp_model_bundle_free(&opened->bundle);
    *opened = (qp_opened_model){0};
}
