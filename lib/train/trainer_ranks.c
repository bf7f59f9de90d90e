#include <stdlib.h>

#include "lib/train/trainer_internal.h"

void qp_run_equal_weights(qp_run *run)
{
    qp_params *params = run->trainer->params;
    qp_cluster_broadcast(run->trainer->cluster, qp_params_block(params), qp_params_size(params) * sizeof(qp_real));
}

qp_status qp_run_join_weights(qp_run *run)
{
    const size_t *part = qp_optimizer_parts(run->optimizer);
    if (!part) return QP_OK;
    return qp_cluster_gather(run->trainer->cluster, part, qp_optimizer_rounds(run->optimizer),
                             qp_params_block(run->trainer->params));
}

/* Moves the other ranks' parts of the states to rank 0, or from it. */
static qp_status move_states(qp_run *run, bool join)
{
    qp_optimizer *optimizer = run->optimizer;
    qp_cluster *cluster = run->trainer->cluster;
    const size_t *part = qp_optimizer_parts(optimizer);
    int rank = qp_cluster_rank(cluster), ranks = qp_cluster_ranks(cluster), states = qp_optimizer_states(optimizer);
    int count = 0, parts = qp_optimizer_rounds(optimizer) * ranks;
    if (!part || states == 0) return QP_OK;
    qp_message *message = malloc((size_t)states * (size_t)parts * sizeof *message);
    if (!message) return qp_fail(QP_EMEMORY, "training: out of memory");
    for (int p = 0; p < parts; p++)
        for (int i = 0; i < states; i++) {
            int r = p % ranks;
            char *state = (char *)qp_optimizer_state(optimizer, i);
            if (r == 0 || (rank != 0 && rank != r)) continue;
            message[count++] =
                (qp_message){rank == 0 ? r : 0, (rank == 0) != join, state + part[p], part[p + 1] - part[p]};
        }
    qp_status status = qp_cluster_exchange(cluster, message, count);
    free(message);
    return status;
}

qp_status qp_run_join_states(qp_run *run) { return move_states(run, true); }

/* The states that rank 0 has loaded. */
static qp_status spread_states(qp_run *run)
{
    qp_optimizer *optimizer = run->optimizer;
    size_t bytes = qp_optimizer_size(optimizer) * sizeof(qp_real);
    if (!qp_optimizer_parts(optimizer)) {
        for (int i = 0; i < qp_optimizer_states(optimizer); i++)
            qp_cluster_broadcast(run->trainer->cluster, qp_optimizer_state(optimizer, i), bytes);
        return QP_OK;
    }
    QP_TRY(move_states(run, false));
    qp_optimizer_forget_others(optimizer);
    return QP_OK;
}

qp_status qp_run_equal_start(qp_run *run)
{
    qp_cluster *cluster = run->trainer->cluster;
    qp_real *carry = run->state.carry; /* each rank has its own memory for it */
    int64_t updates = qp_optimizer_updates(run->optimizer);
    if (!cluster) return QP_OK;
    qp_cluster_broadcast(cluster, &run->state, sizeof run->state);
    run->state.carry = carry;
    qp_cluster_broadcast(cluster, carry, run->state.carry_count * sizeof *carry);
    qp_cluster_broadcast(cluster, &run->reset, sizeof run->reset);
    qp_cluster_broadcast(cluster, &run->plateau, sizeof run->plateau);
    qp_cluster_broadcast(cluster, &run->saved_update, sizeof run->saved_update);
    qp_cluster_broadcast(cluster, &updates, sizeof updates);
    qp_optimizer_set_updates(run->optimizer, updates);
    qp_run_equal_weights(run);
    return updates > 0 ? spread_states(run) : QP_OK;
}
