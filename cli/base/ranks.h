#ifndef QP_RANKS_H
#define QP_RANKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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

/* qp_ranks_output — the output of a command whose input is cut into chunks that ranks take in turn; rank 0 writes the
 *   text of all, in the order of the chunks. A process alone writes to `out` itself. All ranks cut alike: by the limit
 *   that qp_ranks_output_begin returns, rank 0's.
 * begin  `out` is that of rank 0; stdin, which only rank 0 has, is refused    own  is the next chunk this rank's?
 * next   after each chunk, with what became of it; `last` after all. Collective at the end of a round of all ranks.
 * end    frees it */
typedef struct {
    FILE *stream; /* for this rank's chunk */
    FILE *out;
    char *text;
    size_t bytes;
    int64_t chunk;
    qp_status status; /* of this round */
    char message[600];
} qp_ranks_output;
qp_status qp_ranks_output_begin(qp_ranks_output *output, FILE *out, char *const *file, int files, int *limit);
bool qp_ranks_output_own(const qp_ranks_output *output);
qp_status qp_ranks_output_next(qp_ranks_output *output, qp_status status, bool last);
void qp_ranks_output_end(qp_ranks_output *output);

/* qp_ranks_threads — ranks on one machine share its CPUs, unless mpirun gave each its own: `threads`, or if it is 0 as
 *   many as this rank may use. */
int qp_ranks_threads(int threads);

#endif
