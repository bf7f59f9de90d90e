#include "cli/decode/decode_options.h"

#include "cli/base/ranks.h"

QP_FIELD_TABLE(qp_decode_fields, "model and output", qp_decode_options, QP_DECODE_FIELDS);

qp_status qp_decode_open(qp_decode_options *options, const int *task, qp_package **package)
{
    options->threads = qp_ranks_threads((int)options->threads);
    return qp_open_model(options->model, options->verify, task, package);
}
