#include "lib/train/trainer_internal.h"

void qp_run_equal_weights(qp_run *run)
{
    qp_params *params = run->trainer->params;
    qp_cluster_broadcast(run->trainer->cluster, qp_params_block(params), qp_params_size(params) * sizeof(qp_real));
}

void qp_run_equal_start(qp_run *run)
{
    qp_cluster *cluster = run->trainer->cluster;
    qp_optimizer *optimizer = run->optimizer;
    qp_real *carry = run->state.carry; /* each rank has its own memory for it */
    int64_t updates = qp_optimizer_updates(optimizer);
    if (!cluster) return;
    qp_cluster_broadcast(cluster, &run->state, sizeof run->state);
    run->state.carry = carry;
    qp_cluster_broadcast(cluster, carry, run->state.carry_count * sizeof *carry);
    qp_cluster_broadcast(cluster, &run->reset, sizeof run->reset);
    qp_cluster_broadcast(cluster, &run->plateau, sizeof run->plateau);
    qp_cluster_broadcast(cluster, &run->saved_update, sizeof run->saved_update);
    qp_cluster_broadcast(cluster, &updates, sizeof updates);
    qp_optimizer_set_updates(optimizer, updates);
    qp_run_equal_weights(run);
    for (int i = 0; updates > 0 && i < qp_optimizer_states(optimizer); i++)
        qp_cluster_broadcast(cluster, qp_optimizer_state(optimizer, i), qp_optimizer_size(optimizer) * sizeof(qp_real));
}
