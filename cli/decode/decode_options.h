#ifndef QP_DECODE_OPTIONS_H
#define QP_DECODE_OPTIONS_H

#include "cli/base/open_model.h"
#include "cli/base/options.h"

/* decode_options — options of all commands that run a model: model file, output format, threads. */
#define QP_DECODE_FIELDS(X)                                                                                            \
    X(TEXT, model, "", 0, 0, "FILE", "model file (.safetensors)")                                                      \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object per line (generate: per text)")                                \
    X(INT, threads, "0", 0, 1024, NULL, "threads (generate: one per text); 0: all")                                    \
    QP_VERIFY_FIELD(X)

typedef struct {
    QP_DECODE_FIELDS(QP_FIELD_DECLARE)
} qp_decode_options;
extern const qp_field_table qp_decode_fields;

/* qp_decode_open — open a model with one of these tasks for decoding: pack its weights, set the threads.
 * Errors  those of qp_open_model. */
qp_status qp_decode_open(qp_decode_options *options, const int *task, qp_package **package);

#endif
