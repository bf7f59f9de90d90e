#include "lib/run/model_objective.h"

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *shard)
{
    const qp_model_objective *objective = self;
    return qp_model_loss(objective->model, tape, shard, objective->smoothing);
}

qp_loss_function qp_model_objective_loss(qp_model_objective *objective)
{
    return (qp_loss_function){objective, loss_of, qp_model_config_of(objective->model)->task == QP_TASK_MATCH};
}
