#include "lib/cluster/cluster.h"

/* The links of a program without MPI: a process is alone, and there is nothing to exchange. */

const char *qp_cluster_library(void) { return NULL; }

qp_status qp_cluster_open(qp_cluster **cluster)
{
    *cluster = NULL;
    if (qp_cluster_launched() == 1) return QP_OK;
    return qp_fail(QP_EUSAGE, "started as %d processes, but this program was built without MPI; build it with make "
                              "MPI=1, or start it once",
                   qp_cluster_launched());
}

void qp_cluster_close(qp_cluster *cluster) { (void)cluster; }

void qp_cluster_abort(qp_cluster *cluster, int code) { (void)cluster, (void)code; }

void qp_cluster_watch(qp_cluster *cluster, int seconds, void (*lost)(const char *message))
{
    (void)cluster, (void)seconds, (void)lost;
}

int qp_cluster_rank(const qp_cluster *cluster) { return (void)cluster, 0; }

int qp_cluster_ranks(const qp_cluster *cluster) { return (void)cluster, 1; }

int qp_cluster_local_ranks(const qp_cluster *cluster) { return (void)cluster, 1; }

const char *qp_cluster_place(const qp_cluster *cluster) { return (void)cluster, "rank 0 of 1"; }

qp_status qp_cluster_exchange(qp_cluster *cluster, const qp_message *message, int count)
{
    (void)cluster, (void)message, (void)count;
    return QP_OK;
}

void qp_cluster_broadcast(qp_cluster *cluster, void *data, size_t bytes) { (void)cluster, (void)data, (void)bytes; }

qp_status qp_cluster_start(qp_cluster *cluster, int tag, const qp_message *message, int count)
{
    (void)cluster, (void)tag, (void)message, (void)count;
    return QP_OK;
}

void qp_cluster_poll(qp_cluster *cluster) { (void)cluster; }

void qp_cluster_finish(qp_cluster *cluster) { (void)cluster; }

qp_status qp_cluster_gather(qp_cluster *cluster, const size_t *start, int rounds, void *data)
{
    (void)cluster, (void)start, (void)rounds, (void)data;
    return QP_OK;
}
