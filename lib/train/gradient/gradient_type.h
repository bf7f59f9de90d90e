#ifndef QP_GRADIENT_TYPE_H
#define QP_GRADIENT_TYPE_H

#include "lib/config/config.h"

/* gradient_type — the precision of a sum of gradients.
 * X(id, name) */
#define QP_GRADIENT_TYPES(X) X(QP_GRADIENT_FP32, "fp32") X(QP_GRADIENT_BF16, "bf16")

enum { QP_GRADIENT_TYPES(QP_CHOICE_ID) QP_GRADIENT_TYPE_COUNT };

#endif
