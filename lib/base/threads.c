#define _GNU_SOURCE
#include "lib/base/threads.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(cpu_set_t) <= sizeof((qp_pin *)0)->mask, "a CPU mask fits into qp_pin");

/* CPUs this process may run on, at least 1. */
static int available_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

static void in_child(void) { omp_set_max_active_levels(0); } /* no parallel region gets a second thread */

static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, in_child); } /* fails without memory: as before */

void qp_threads_survive_fork(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
}

int qp_threads_of(long long wanted)
{
    qp_threads_survive_fork();
    int available = available_cpus();
    return wanted <= 0 || wanted > available ? available : (int)wanted;
}

void qp_threads_pin(qp_pin *pin, int worker, int workers)
{
    cpu_set_t set, one;
    *pin = (qp_pin){0};
    if (workers < 2 || getenv("OMP_PROC_BIND") || sched_getaffinity(0, sizeof set, &set) != 0) return;
    if (CPU_COUNT(&set) != workers) return;
    size_t cpu = 0;
    for (int seen = 0; cpu < CPU_SETSIZE - 1; cpu++)
        if (CPU_ISSET(cpu, &set) && seen++ == worker) break;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) return;
    memcpy(pin->mask, &set, sizeof set);
    pin->pinned = true;
}

void qp_threads_unpin(qp_pin *pin)
{
    cpu_set_t set;
    if (!pin->pinned) return;
    memcpy(&set, pin->mask, sizeof set);
    sched_setaffinity(0, sizeof set, &set);
    pin->pinned = false;
}
