#include <criterion/criterion.h>
#include <omp.h>
#include <pthread.h>

#include "lib/base/beside.h"

static qp_status fail(void *self)
{
    ++*(int *)self;
    return qp_fail(QP_EDATA, "the job's message");
}

static qp_status succeed(void *self)
{
    ++*(int *)self;
    return QP_OK;
}

/* The caller's error comes first, then the job's with its message, with one thread and with two. */
Test(beside, whose_error)
{
    for (int threads = 1; threads <= 2; threads++) {
        omp_set_num_threads(threads);
        int runs = 0;
        qp_beside job = {0};
        qp_beside_start(&job, succeed, &runs);
        cr_expect_eq(qp_beside_join(&job, QP_OK), QP_OK);
        cr_expect_eq(runs, 1);
        job = (qp_beside){0};
        qp_beside_start(&job, fail, &runs);
        cr_expect_eq(qp_beside_join(&job, QP_OK), QP_EDATA);
        cr_expect_str_eq(qp_error_message(), "the job's message");
        job = (qp_beside){0};
        qp_beside_start(&job, fail, &runs);
        cr_expect_eq(qp_beside_join(&job, qp_fail(QP_EIO, "the caller's")), QP_EIO);
        cr_expect_str_eq(qp_error_message(), "the caller's");
    }
}

static qp_status note_thread(void *self)
{
    *(pthread_t *)self = pthread_self();
    return QP_OK;
}

/* With one thread the job runs in the caller, at the end, and not at all after an error of the caller's. */
Test(beside, whose_thread)
{
    for (int threads = 1; threads <= 2; threads++) {
        int runs = 0;
        pthread_t thread = pthread_self();
        qp_beside job = {0};
        omp_set_num_threads(threads);
        qp_beside_start(&job, note_thread, &thread);
        cr_expect_eq(job.started, threads > 1);
        cr_expect_eq(qp_beside_join(&job, QP_OK), QP_OK);
        cr_expect_eq(pthread_equal(thread, pthread_self()) != 0, threads == 1);
        job = (qp_beside){0};
        qp_beside_start(&job, succeed, &runs);
        cr_expect_eq(qp_beside_join(&job, QP_EDATA), QP_EDATA);
        cr_expect_eq(runs, threads - 1);
    }
}
