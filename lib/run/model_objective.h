#ifndef QP_MODEL_OBJECTIVE_H
#define QP_MODEL_OBJECTIVE_H

#include "lib/model/model.h"
#include "lib/train/gradient/shards.h"

/* model_objective — the loss of a model as the function that the trainer minimises: lib/train knows no models,
 * lib/model no trainer. */
typedef struct {
    const qp_model *model;
    qp_real smoothing; /* label smoothing */
} qp_model_objective;

/* qp_model_objective_loss — borrows the objective. */
qp_loss_function qp_model_objective_loss(qp_model_objective *objective);

#endif
