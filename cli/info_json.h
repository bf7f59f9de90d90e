#ifndef QP_INFO_JSON_H
#define QP_INFO_JSON_H

#include "cli/base/model_table.h"
#include "lib/package/package.h"

/* info_json — a model file as one JSON object (quipu info --json). */

/* What a model costs: operations of its modules, and the memory of its training. */
typedef struct {
    qp_model_cost cost;
    qp_training_shape shape;
    qp_training_memory memory;
} qp_info_estimate;

/* qp_info_print_json — one line on stdout.    Errors  QP_EMEMORY, QP_EIO
 * qp_info_is_expert_use — the name of the layer whose experts' use parameter p counts; false: it counts something else.
 * qp_info_expert_share — expert i's share of a layer's choices, use [columns of p]; 0 before training. */
qp_status qp_info_print_json(const char *path, const qp_package *m, const qp_info_estimate *e);
bool qp_info_is_expert_use(const qp_parameter *p, char *layer, size_t bytes);
double qp_info_expert_share(const qp_parameter *p, const qp_real *use, int i);

#endif
