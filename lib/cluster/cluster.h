#ifndef QP_CLUSTER_H
#define QP_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

/* cluster — the processes (ranks) that train one model together, on one machine or several.
 *
 * NULL is a process alone: it is rank 0 of 1, and every function below does nothing for it. cluster_mpi.c implements
 * the links over MPI (make MPI=1), cluster_alone.c without: there every cluster is NULL.
 *
 * All ranks call the collective functions in the same order, each from its main thread. They return when the data has
 * arrived. They report no errors: when a rank ends, mpirun or srun ends the others; when one is silent,
 * qp_cluster_watch reports it. All ranks must have the same byte order. */
typedef struct qp_cluster qp_cluster;

/* qp_cluster_launched — processes that mpirun or srun started together with this one, by their environment variables
 *   (Open MPI, PMI of MPICH and Intel MPI, a step of Slurm); 1 without.
 * qp_cluster_launch_rank — which of them this one is, from 0.
 * qp_cluster_library — name and version of the MPI library; NULL: built without.
 * qp_cluster_open — joins the other ranks. *cluster is NULL if there are none.
 * Errors   QP_EUSAGE: several ranks, but quipu was built without MPI, or mpirun belongs to another MPI library.
 * qp_cluster_close — waits for all ranks, then leaves.
 * qp_cluster_abort — ends all ranks now, with this exit code; does not return for a cluster. */
int qp_cluster_launched(void);
int qp_cluster_launch_rank(void);
const char *qp_cluster_library(void);
qp_status qp_cluster_open(qp_cluster **cluster);
void qp_cluster_close(qp_cluster *cluster);
void qp_cluster_abort(qp_cluster *cluster, int code);

/* qp_cluster_watch — from now on a thread of each rank sends a sign of life every second. `lost` is called, on that
 *   thread, when a rank has been silent for `seconds`: it is stopped, or its machine or network is gone. Rank 0 watches
 *   all ranks, the others watch rank 0. Seconds are those this process ran: a suspended cluster may continue. 0: not
 *   watched. */
void qp_cluster_watch(qp_cluster *cluster, int seconds, void (*lost)(const char *message));

/* qp_cluster_rank — of this process, from 0.    qp_cluster_ranks — their number.
 * qp_cluster_local_ranks — those on this machine.
 * qp_cluster_place — "rank 2 of 4 on HOST". */
int qp_cluster_rank(const qp_cluster *cluster);
int qp_cluster_ranks(const qp_cluster *cluster);
int qp_cluster_local_ranks(const qp_cluster *cluster);
const char *qp_cluster_place(const qp_cluster *cluster);

/* One message of an exchange: `bytes` at `data`, to or from another rank. */
typedef struct {
    int rank;
    bool send;
    void *data;
    size_t bytes;
} qp_message;

/* qp_cluster_exchange — sends and receives all messages at once. Messages between two ranks are matched in the order of
 *   the lists, and have the same number of bytes on both sides.   Errors  QP_EMEMORY.
 * qp_cluster_start — the same, but returns at once: the data stays untouched until qp_cluster_finish. Messages with
 *   different `tag` (1 ...) are not mixed.   Errors  QP_EMEMORY.
 * qp_cluster_poll — lets messages that were started move on. Any thread, but one at a time, as qp_cluster_start.
 * qp_cluster_finish — waits for all that were started.
 * qp_cluster_broadcast — rank 0's `bytes` at `data`, to all.
 * qp_cluster_gather — every rank's pieces, to all: piece i, data[start[i]] .. data[start[i+1]-1], comes from rank
 *   i % ranks; start [rounds * ranks + 1] counts bytes.
 * Errors  QP_EMEMORY. */
qp_status qp_cluster_exchange(qp_cluster *cluster, const qp_message *message, int count);
qp_status qp_cluster_start(qp_cluster *cluster, int tag, const qp_message *message, int count);
void qp_cluster_poll(qp_cluster *cluster);
void qp_cluster_finish(qp_cluster *cluster);
void qp_cluster_broadcast(qp_cluster *cluster, void *data, size_t bytes);
qp_status qp_cluster_gather(qp_cluster *cluster, const size_t *start, int rounds, void *data);

/* qp_cluster_any — whether `mine` is true on any rank.
 * qp_cluster_agree — the status of the whole cluster: that of the first rank whose status is not QP_OK, with its
 *   message, which names the rank. A process alone gets its own status back. */
bool qp_cluster_any(qp_cluster *cluster, bool mine);
qp_status qp_cluster_agree(qp_cluster *cluster, qp_status status);

/* qp_cluster_same — QP_EDATA, "`what` is not what rank 0 read", on all ranks if `bytes` at `mine` are not the same on
 *   all; QP_EMEMORY.
 * qp_cluster_lists — every rank's list of any number of `bytes`, in the order of the ranks: that of rank r is *all +
 *   (*start)[r], up to (*start)[r+1]; the caller frees both.   Errors  QP_EMEMORY, on all ranks. */
qp_status qp_cluster_same(qp_cluster *cluster, const void *mine, size_t bytes, const char *what);
qp_status qp_cluster_lists(qp_cluster *cluster, const void *mine, size_t bytes, char **all, size_t **start);

/* qp_cluster_share — the first of the items 0 .. count-1 that rank `rank` takes; its part ends before the first item of
 *   rank + 1. Parts differ by at most one item. */
int qp_cluster_share(const qp_cluster *cluster, int count, int rank);

#endif
