#ifndef QP_RANKS_H
#define QP_RANKS_H

#include "lib/cluster/cluster.h"

/* ranks — the processes that mpirun or srun started together with this one.
 *
 * qp_ranks_join — before a command: joins them, if the command `shares` its work among ranks.
 * Errors  QP_EUSAGE: there are several, but the command runs as one, or quipu was built without MPI.
 * qp_ranks — the cluster; NULL: this process alone.
 * qp_ranks_leave — at the end, with the exit code, which it returns; a failure of this rank ends all the others. */
qp_status qp_ranks_join(const char *command, bool shares);
qp_cluster *qp_ranks(void);
int qp_ranks_leave(int code);

#endif
