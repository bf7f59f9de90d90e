#ifndef QP_THREADS_H
#define QP_THREADS_H

#include <stdbool.h>

/* threads — how many there may be, and where they stand. No result ever depends on either. */

/* qp_threads_available — CPUs this process may run on (its affinity mask), at least 1.
 * qp_threads_of — what `--threads wanted` means: 0 all of them, else at most as many (more would only take turns). */
int qp_threads_available(void);
int qp_threads_of(long long wanted);

/* Where a thread was allowed to run before it was pinned. */
typedef struct {
    bool pinned;
    unsigned long mask[16];
} qp_pin;

/* qp_threads_pin — keep the calling thread on CPU number `worker` of those it may use: two workers that land on one CPU
 * cost a scheduler tick (8 ms) a step. Does nothing when OMP_PROC_BIND is set (the user decides), when the workers are
 * fewer than the CPUs (the system knows better which are idle) or one, or where the system cannot pin.
 * qp_threads_unpin — as it was before. */
void qp_threads_pin(qp_pin *pin, int worker, int workers);
void qp_threads_unpin(qp_pin *pin);

#endif
