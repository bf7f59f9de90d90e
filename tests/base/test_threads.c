#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/threads.h"

/* Number `worker` of the CPUs in a set. */
static int cpu_of(const cpu_set_t *set, int worker)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, set) && worker-- == 0) return cpu;
    return -1;
}

Test(threads, as_many_as_cpus)
{
    cpu_set_t all, one;
    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = CPU_COUNT(&all);
    cr_expect_eq(qp_threads_of(0), cpus);
    cr_expect_eq(qp_threads_of(-1), cpus);
    cr_expect_eq(qp_threads_of(1), 1);
    cr_expect_eq(qp_threads_of(cpus), cpus);
    cr_expect_eq(qp_threads_of((long long)cpus + 1), cpus);
    cr_expect_eq(qp_threads_of(LLONG_MAX), cpus);
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu_of(&all, cpus - 1), &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_expect_eq(qp_threads_of(0), 1, "only those that the process may use");
    cr_assert_eq(sched_setaffinity(0, sizeof all, &all), 0);
}

Test(threads, one_cpu_for_each_worker)
{
    cpu_set_t all, now;
    qp_pin pin;
    unsetenv("OMP_PROC_BIND");
    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = CPU_COUNT(&all);
    for (int worker = 0; cpus > 1 && worker < cpus; worker++) {
        qp_threads_pin(&pin, worker, cpus);
        cr_assert(pin.pinned, "worker %d of %d", worker, cpus);
        cr_assert_eq(sched_getaffinity(0, sizeof now, &now), 0);
        cr_expect(CPU_COUNT(&now) == 1 && CPU_ISSET((size_t)cpu_of(&all, worker), &now), "worker %d", worker);
        qp_threads_unpin(&pin);
        cr_expect_not(pin.pinned);
        cr_assert_eq(sched_getaffinity(0, sizeof now, &now), 0);
        cr_expect(CPU_EQUAL(&all, &now));
    }
}

/* More or fewer workers than CPUs, one worker, or a user who decides: threads stay where they are. */
Test(threads, not_pinned)
{
    cpu_set_t all, now;
    unsetenv("OMP_PROC_BIND");
    cr_assert_eq(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = CPU_COUNT(&all), workers[] = {1, cpus + 1, cpus - 1, cpus};
    for (int i = 0; i < 4; i++) {
        qp_pin pin = {.pinned = true};
        if (i == 3) setenv("OMP_PROC_BIND", "false", 1);
        qp_threads_pin(&pin, 0, workers[i]);
        cr_expect_not(pin.pinned, "%d workers", workers[i]);
        qp_threads_unpin(&pin);
        cr_assert_eq(sched_getaffinity(0, sizeof now, &now), 0);
        cr_expect(CPU_EQUAL(&all, &now));
    }
}
