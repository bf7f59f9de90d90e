#include "lib/run/model_objective.h"

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *shard)
{
    const qp_model_objective *objective = self;
    return qp_model_loss(objective->model, tape, shard, objective->smoothing);
}

qp_loss_function qp_model_objective_loss(qp_model_objective *objective)
{
    const qp_model_config *c = qp_model_config_of(objective->model);
    return (qp_loss_function){
        .self = objective,
        .loss = loss_of,
        .whole = c->task == QP_TASK_MATCH,
        .recurrent = qp_model_kind_is_recurrent(c->encoder) || qp_model_kind_is_recurrent(c->decoder)};
}
