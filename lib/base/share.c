#include "lib/base/share.h"

#include <omp.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/threads.h"

/* The first part that failed, SIZE_MAX: none. Messages belong to threads, so it is copied. */
typedef struct {
    size_t part;
    qp_status status;
    char message[1024];
} failure;

int qp_share_threads(size_t parts, int threads)
{
    if (threads < 1) threads = omp_get_max_threads();
    if ((size_t)threads > parts) threads = (int)parts;
    return threads < 1 ? 1 : threads;
}

static void run_part(const qp_shared_job *job, size_t part, failure *first)
{
    size_t failed;
#pragma omp atomic read
    failed = first->part;
    if (part > failed) return;
    qp_status status = job->run(job->self, part, omp_get_thread_num());
    if (status == QP_OK) return;
#pragma omp critical(qp_share)
    {
        if (part < first->part) {
#pragma omp atomic write
            first->part = part;
            first->status = status;
            snprintf(first->message, sizeof first->message, "%s", qp_error_message());
        }
    }
}

qp_status qp_share(const qp_shared_job *job, size_t parts, int threads)
{
    failure first = {.part = SIZE_MAX};
    threads = qp_share_threads(parts, threads);
    qp_threads_survive_fork();
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t part = 0; part < parts; part++) run_part(job, part, &first);
    for (size_t part = 0; job->take && part < parts && part <= first.part; part++) QP_TRY(job->take(job->self, part));
    return first.part == SIZE_MAX ? QP_OK : qp_fail(first.status, "%s", first.message);
}
