#ifndef QP_BESIDE_H
#define QP_BESIDE_H

#include <pthread.h>
#include <stdbool.h>

#include "lib/base/status.h"

/* beside — one job on a thread of its own, while the caller does something else that takes about as long. */
typedef struct {
    qp_status (*run)(void *self);
    void *self;
    pthread_t thread;
    bool started;
    qp_status status;
    char message[1024]; /* messages belong to threads */
} qp_beside;

/* qp_beside_start — run(self) begins. Where OpenMP has one thread, or the system has none to give, it runs in
 *   qp_beside_join.
 * qp_beside_join  — waits for its end.    Returns  `status`, the caller's own, if it is an error; else the job's, with
 *   its message. Once for each start. */
void qp_beside_start(qp_beside *job, qp_status (*run)(void *self), void *self);
qp_status qp_beside_join(qp_beside *job, qp_status status);

#endif
