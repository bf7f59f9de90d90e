#ifndef QP_THREADS_H
#define QP_THREADS_H

#include <stdbool.h>

/* threads — their number and their CPUs. No result depends on either. */

/* qp_threads_of — the number of threads for `--threads wanted`: 0 is all CPUs that this process may run on (its
 * affinity mask), and never more than those. */
int qp_threads_of(long long wanted);

/* qp_threads_survive_fork — called before several threads are started: in a child that the process forks later, one
 * thread does all the work. The threads of OpenMP do not exist there, and GNU's runtime would wait for them forever.
 */
void qp_threads_survive_fork(void);

/* Where a thread was allowed to run before it was pinned. */
typedef struct {
    bool pinned;
    unsigned long mask[16];
} qp_pin;

/* qp_threads_pin   — keeps the calling thread on CPU number `worker` of those it may use: two workers on one CPU cost a
 *                    scheduler tick (8 ms) per step. Does nothing if OMP_PROC_BIND is set (the user decides), if there
 *                    are fewer workers than CPUs (the system knows which are idle), or only one, or if the system
 *                    cannot pin threads.
 * qp_threads_unpin — restores the affinity of before. */
void qp_threads_pin(qp_pin *pin, int worker, int workers);
void qp_threads_unpin(qp_pin *pin);

#endif
