#ifndef QP_SHARE_H
#define QP_SHARE_H

#include <stddef.h>

#include "lib/base/status.h"

/* share — one job, cut into parts that several threads run; the results are taken in the order of the parts, so that
 * they do not depend on the number of threads. */
typedef struct {
    void *self;
    /* Any thread, several parts at the same time; `thread` is 0 .. threads-1 and runs one part at a time. */
    qp_status (*run)(void *self, size_t part, int thread);
    /* The calling thread, part by part, up to and including the first part that failed; NULL: nothing to do. */
    qp_status (*take)(void *self, size_t part);
} qp_shared_job;

/* qp_share — run all parts on at most `threads` threads (0: as many as OpenMP likes), then take them.
 * Errors  that of the first part that failed, with its message; that of `take`. */
qp_status qp_share(const qp_shared_job *job, size_t parts, int threads);

/* qp_share_threads — how many threads qp_share uses for this many parts, at least 1. */
int qp_share_threads(size_t parts, int threads);

#endif
