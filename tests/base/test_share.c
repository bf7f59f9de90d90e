#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/share.h"

enum { PARTS = 100 };

typedef struct {
    int ran[PARTS], taken[PARTS];
    size_t fails, take_fails, took;
} job;

static qp_status run(void *self, size_t part, int thread)
{
    job *j = self;
    cr_assert(thread >= 0 && thread < 4);
    j->ran[part]++;
    return part >= j->fails ? qp_fail(QP_EDATA, "part %zu is bad", part) : QP_OK;
}

static qp_status take(void *self, size_t part)
{
    job *j = self;
    cr_assert_eq(part, j->took++, "parts are taken in order");
    cr_assert_eq(j->ran[part], 1);
    return part == j->take_fails ? qp_fail(QP_EIO, "disk full") : QP_OK;
}

Test(share, every_part_runs_once_and_is_taken_in_order)
{
    for (int threads = 1; threads <= 4; threads++) {
        job j = {.fails = PARTS, .take_fails = PARTS};
        cr_assert_eq(qp_share(&(qp_shared_job){&j, run, take}, PARTS, threads), QP_OK);
        cr_assert_eq(j.took, PARTS);
        for (int i = 0; i < PARTS; i++) cr_assert_eq(j.ran[i], 1);
        cr_assert_eq(qp_share(&(qp_shared_job){&j, run, NULL}, PARTS, threads), QP_OK);
        cr_assert_eq(j.took, PARTS);
    }
}

Test(share, the_first_part_that_fails_is_reported_and_the_last_taken)
{
    for (int threads = 1; threads <= 4; threads++) {
        job j = {.fails = 37, .take_fails = PARTS};
        cr_assert_eq(qp_share(&(qp_shared_job){&j, run, take}, PARTS, threads), QP_EDATA);
        cr_assert_str_eq(qp_error_message(), "part 37 is bad");
        cr_assert_eq(j.took, 38);
    }
}

Test(share, taking_ends_where_it_fails)
{
    job j = {.fails = 60, .take_fails = 20};
    cr_assert_eq(qp_share(&(qp_shared_job){&j, run, take}, PARTS, 3), QP_EIO);
    cr_assert_str_eq(qp_error_message(), "disk full");
    cr_assert_eq(j.took, 21);
}

Test(share, no_more_threads_than_parts)
{
    cr_assert_eq(qp_share_threads(3, 8), 3);
    cr_assert_eq(qp_share_threads(8, 3), 3);
    cr_assert_eq(qp_share_threads(0, 3), 1);
    cr_assert_eq(qp_share(&(qp_shared_job){NULL, run, take}, 0, 3), QP_OK);
}

/* Its threads are not there; the runtime must not wait for them. */
Test(share, a_forked_child_works_alone)
{
    enum { LONGEST = 20 };
    job j = {.fails = PARTS, .take_fails = PARTS};
    cr_assert_eq(qp_share(&(qp_shared_job){&j, run, NULL}, PARTS, 2), QP_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(LONGEST);
        job again = {.fails = PARTS, .take_fails = PARTS};
        qp_status status = qp_share(&(qp_shared_job){&again, run, take}, PARTS, 2);
        _exit(status == QP_OK && again.took == PARTS ? 0 : 1);
    }
    int state = 1;
    cr_assert_eq(waitpid(child, &state, 0), child);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "the child ends with state %d", state);
}

/* One thread does not begin parts after the one that failed. */
Test(share, nothing_runs_after_a_failure)
{
    job j = {.fails = 37, .take_fails = PARTS};
    cr_assert_eq(qp_share(&(qp_shared_job){&j, run, NULL}, PARTS, 1), QP_EDATA);
    cr_assert_eq(j.took, 0);
    for (int i = 0; i < PARTS; i++) cr_assert_eq(j.ran[i], i <= 37, "part %d", i);
    cr_expect_eq(qp_share_threads(PARTS, 0), qp_share_threads(PARTS, -1));
    cr_expect_eq(qp_share_threads(1, 0), 1);
}
