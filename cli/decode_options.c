#include "cli/decode_options.h"

#include "lib/base/threads.h"

#define ROW(...) QP_FIELD_ROW(qp_decode_options, __VA_ARGS__)
static const qp_field fields[] = {QP_DECODE_FIELDS(ROW)};
const qp_field_table qp_decode_fields = {"model and output", fields, sizeof fields / sizeof *fields};

qp_status qp_decode_open(qp_decode_options *options, qp_text_model *text_model)
{
    options->threads = qp_threads_of(options->threads);
    return qp_text_model_open(options->model, text_model);
}

qp_status qp_decode_makes_text(const qp_decode_options *options, const qp_text_model *text_model, bool source)
{
    const qp_model_config *config = qp_model_config_of(text_model->model);
    if (!qp_model_task_has_decoder(config->task))
        return qp_fail(QP_EUSAGE, "%s: makes no text, it answers with labels or numbers; use quipu predict", options->model);
    bool has_source = config->encoder != QP_KIND_NONE;
    if (has_source == source) return QP_OK;
    if (has_source)
        return qp_fail(QP_EUSAGE, "%s: is no language model; use quipu translate, or train one with --task lm", options->model);
    return qp_fail(QP_EUSAGE, "%s: is a language model, it has no source side; use quipu generate", options->model);
}
