#ifndef QP_OPEN_MODEL_H
#define QP_OPEN_MODEL_H

#include "cli/base/options.h"
#include "lib/package/package.h"

/* A field of the commands that use models. */
#define QP_VERIFY_FIELD(X)                                                                                             \
    X(BOOL, verify, "true", 0, 0, NULL, "compare the model file with its checksum before it is used")

/* qp_open_model — open a model file for a command that accepts these tasks, a list that ends in -1. verify: see
 *   qp_package_open.
 * Errors  those of qp_package_open; QP_EUSAGE for another task, with the command for it. */
qp_status qp_open_model(const char *path, bool verify, const int *task, qp_package **package);

/* qp_model_rules — a model's rules of decoding (lib/package/decoding_rules.h) become defaults of the command's options,
 *   which are applied after them.   json: of the package; NULL: none.
 * qp_model_file_rules — those of a model file that is opened later. A file that is no model has none; opening it says
 *   so.
 * Errors  QP_EDATA, QP_EMEMORY; those of qp_options_apply. */
qp_status qp_model_rules(const char *json, const qp_options *options);
qp_status qp_model_file_rules(const char *path, const qp_options *options);

#endif
