#include "lib/base/beside.h"

#include <omp.h>
#include <stdio.h>

static void *run(void *self)
{
    qp_beside *job = self;
    job->status = job->run(job->self);
    if (job->status != QP_OK) snprintf(job->message, sizeof job->message, "%s", qp_error_message());
    return NULL;
}

void qp_beside_start(qp_beside *job, qp_status (*work)(void *self), void *self)
{
    job->run = work;
    job->self = self;
    job->started = omp_get_max_threads() > 1 && pthread_create(&job->thread, NULL, run, job) == 0;
}

qp_status qp_beside_join(qp_beside *job, qp_status status)
{
    if (job->started)
        pthread_join(job->thread, NULL);
    else if (status == QP_OK)
        return job->run(job->self);
    if (status != QP_OK || job->status == QP_OK) return status;
    return qp_fail(job->status, "%s", job->message);
}
