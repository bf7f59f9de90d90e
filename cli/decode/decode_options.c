#include "cli/decode/decode_options.h"

#include "lib/base/threads.h"

#define ROW(...) QP_FIELD_ROW(qp_decode_options, __VA_ARGS__)
static const qp_field fields[] = {QP_DECODE_FIELDS(ROW)};
const qp_field_table qp_decode_fields = {"model and output", fields, sizeof fields / sizeof *fields};

qp_status qp_decode_open(qp_decode_options *options, const int *task, qp_text_model *text_model)
{
    options->threads = qp_threads_of(options->threads);
    return qp_text_model_open_as(options->model, task, text_model);
}
