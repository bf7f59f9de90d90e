#ifndef QP_LLAMA2C_WEIGHTS_H
#define QP_LLAMA2C_WEIGHTS_H

#include "lib/import/weight_map.h"
#include "lib/model/config/model_config.h"

/* llama2c_weights — the arrays of a model of llama2.c (llama2c.h), under the names that GGUF files have. */
typedef struct qp_llama2c qp_llama2c;

/* qp_llama2c_open — reads the header and lists the arrays; qp_llama2c_close frees it (NULL is fine).
 * qp_llama2c_configure — the configuration, and what the rules of weight_map.h need to know. */
qp_status qp_llama2c_open(const char *path, qp_llama2c **file);
void qp_llama2c_close(qp_llama2c *file);
qp_weight_source qp_llama2c_arrays(const qp_llama2c *file);
void qp_llama2c_configure(const qp_llama2c *file, qp_model_config *model, qp_weight_shape *shape);

#endif
