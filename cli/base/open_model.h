#ifndef QP_OPEN_MODEL_H
#define QP_OPEN_MODEL_H

#include "lib/package/package.h"

/* qp_open_model — open a model file for a command that accepts these tasks, a list that ends in -1.
 * Errors  those of qp_package_open; QP_EUSAGE for another task, with the command for it. */
qp_status qp_open_model(const char *path, const int *task, qp_package **package);

#endif
