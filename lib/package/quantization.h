#ifndef QP_QUANTIZATION_H
#define QP_QUANTIZATION_H

#include "lib/base/status.h"
#include "lib/nn/params.h"

/* quantization — how the matrices of a model were rounded to fewer bits: the type, and one metric of its quality before
 * and after. It is kept in the model file. */
#define QP_WEIGHT_TYPES(X)                                                                                             \
    X(QP_WEIGHT_INT8, "int8")                                                                                          \
    X(QP_WEIGHT_BF16, "bf16")                                                                                          \
    X(QP_WEIGHT_FP16, "fp16")

typedef struct {
    qp_weight_type type; /* QP_WEIGHT_PANELS: not rounded */
    char metric[24];     /* "bleu", "perplexity" ...; "": not measured */
    double before, after;
} qp_quantization;

/* qp_weight_type_name — "int8" ...; "fp32" for the others. */
const char *qp_weight_type_name(qp_weight_type type);

/* qp_quantization_json — as JSON text, malloc'ed.      Errors  QP_EMEMORY.
 * qp_quantization_parse — reads that text.            Errors  QP_EDATA: not such an object; QP_EMEMORY. */
qp_status qp_quantization_json(const qp_quantization *q, char **json);
qp_status qp_quantization_parse(const char *json, qp_quantization *q);

#endif
