#include "cli/base/ranks.h"

static qp_cluster *cluster;

qp_status qp_ranks_join(const char *command, bool shares)
{
    int launched = qp_cluster_launched();
    if (shares || launched == 1) return qp_cluster_open(&cluster);
    return qp_fail(QP_EUSAGE, "%s runs as one process, and %d were started; start it without mpirun or srun", command,
                   launched);
}

qp_cluster *qp_ranks(void) { return cluster; }

int qp_ranks_leave(int code)
{
    bool stopped = code > 128; /* by a signal: all ranks agreed to end */
    if (code != 0 && !stopped) qp_cluster_abort(cluster, code);
    qp_cluster_close(cluster);
    return code;
}
