#include "lib/base/tiles.h"

#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/base/threads.h"

enum {
    SLOTS = 64,         /* workers above run their operations alone */
    WAKE_LEAST = 30000, /* nanoseconds of work that are worth waking threads for */
    SPINS = 3000,       /* pauses of an idle thread before it sleeps, about 50 microseconds */
    YIELD_AFTER = 500
};

/* The operation that one worker shares. `left` counts down in its low half; its upper half numbers the operations, so
 * that a thread that read an old operation cannot take a tile of the next one. */
typedef struct {
    _Alignas(128) _Atomic uint64_t left;
    _Atomic(const qp_tiles *) job;
    _Alignas(128) atomic_int done;
} slot;

typedef struct {
    int threads;
    atomic_int busy;     /* threads with work of their own */
    atomic_int idle;     /* threads that wait for tiles */
    atomic_int sleepers; /* those of them that need a signal */
    atomic_uint shared;  /* operations shared so far: what idle threads watch */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    slot slot[SLOTS];
} team;

/* The calling thread's place. */
static _Thread_local struct {
    team *team;
    int worker;
    bool in_tile;
    const qp_tiles_recorder *recorder;
    double recorded; /* CPU time of the last note */
} here;

static inline void pause_thread(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline int tiles_left(uint64_t left) { return (int)(uint32_t)left; }

/* Runs one tile of the slot; false: none was left. */
static bool run_tile(slot *from, int worker)
{
    uint64_t left = atomic_load_explicit(&from->left, memory_order_acquire);
    for (;;) {
        if (tiles_left(left) == 0) return false;
        const qp_tiles *job = atomic_load_explicit(&from->job, memory_order_relaxed);
        if (!atomic_compare_exchange_weak_explicit(&from->left, &left, left - 1, memory_order_acq_rel,
                                                   memory_order_acquire))
            continue;
        job->run(job->self, job->tiles - tiles_left(left), worker);
        atomic_fetch_add_explicit(&from->done, 1, memory_order_release);
        return true;
    }
}

/* ---- recording ---- */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note(int tile)
{
    double now = cpu_seconds();
    here.recorder->note(here.recorder->self, tile, now - here.recorded);
    here.recorded = cpu_seconds();
}

void qp_tiles_record(const qp_tiles_recorder *recorder)
{
    if (here.recorder) note(-1);
    here.recorder = recorder;
    here.recorded = cpu_seconds();
}

static void record_tiles(const qp_tiles *job)
{
    note(-1);
    here.in_tile = true;
    for (int i = 0; i < job->tiles; i++) {
        job->run(job->self, i, 0);
        note(i);
    }
    here.in_tile = false;
}

/* ---- sharing ---- */

static void wake_all(team *t)
{
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

static void run_alone(const qp_tiles *job)
{
    for (int i = 0; i < job->tiles; i++) job->run(job->self, i, here.worker);
}

/* Whether an idle thread would take a tile now. */
static bool worth_sharing(const team *t, const qp_tiles *job)
{
    if (here.recorder)
        return here.recorder->threads > 1 && !here.in_tile && job->tiles > 1 && job->nanoseconds >= QP_TILES_LEAST;
    if (!t || here.in_tile || here.worker >= SLOTS || job->tiles < 2 || job->nanoseconds < QP_TILES_LEAST) return false;
    int idle = atomic_load_explicit(&t->idle, memory_order_relaxed);
    if (job->nanoseconds < WAKE_LEAST) idle -= atomic_load_explicit(&t->sleepers, memory_order_relaxed);
    return idle > 0;
}

void qp_tiles_run(const qp_tiles *job)
{
    team *t = here.team;
    if (!worth_sharing(t, job)) {
        run_alone(job);
        return;
    }
    if (here.recorder) {
        record_tiles(job);
        return;
    }
    slot *mine = &t->slot[here.worker];
    uint64_t number = (atomic_load_explicit(&mine->left, memory_order_relaxed) >> 32) + 1;
    atomic_store_explicit(&mine->done, 0, memory_order_relaxed);
    atomic_store_explicit(&mine->job, job, memory_order_relaxed);
    atomic_store_explicit(&mine->left, number << 32 | (uint32_t)job->tiles, memory_order_release);
    atomic_fetch_add(&t->shared, 1);
    if (atomic_load(&t->sleepers) > 0 && job->nanoseconds >= WAKE_LEAST) wake_all(t);
    here.in_tile = true;
    while (run_tile(mine, here.worker)) {}
    here.in_tile = false;
    for (int spins = 0; atomic_load_explicit(&mine->done, memory_order_acquire) < job->tiles; spins++)
        spins < YIELD_AFTER ? pause_thread() : (void)sched_yield();
}

typedef struct {
    const qp_range *range;
    size_t each;
} range_tiles;

static void run_range(void *self, int tile, int worker)
{
    const range_tiles *r = self;
    size_t first = (size_t)tile * r->each, left = r->range->count - first;
    (void)worker;
    r->range->run(r->range->self, first, first + (left < r->each ? left : r->each));
}

void qp_range_run(const qp_range *range)
{
    double all = range->nanoseconds * (double)range->count, each = 10000 / range->nanoseconds;
    range_tiles r = {range, each < 1 ? 1 : (size_t)each};
    if (r.each > 64) r.each -= r.each % 64;
    const size_t tiles = (range->count + r.each - 1) / r.each;
    const qp_tiles job = {&r, run_range, tiles < INT_MAX ? (int)tiles : 0, all};
    if (worth_sharing(here.team, &job))
        qp_tiles_run(&job);
    else
        range->run(range->self, 0, range->count);
}

/* ---- helping ---- */

static void sleep_until_shared(team *t, unsigned seen)
{
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->shared) == seen && atomic_load(&t->busy) > 0) pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->lock);
}

/* Runs tiles of other threads until none has work of its own. */
static void help(team *t, int worker)
{
    const int slots = t->threads < SLOTS ? t->threads : SLOTS;
    here.in_tile = true;
    atomic_fetch_add(&t->idle, 1);
    for (int spins = 0; atomic_load(&t->busy) > 0;) {
        unsigned seen = atomic_load(&t->shared);
        bool ran = false;
        for (int i = 1; i < slots; i++) /* each begins with another one */
            while (run_tile(&t->slot[(worker + i) % slots], worker)) ran = true;
        if (slots < t->threads)
            while (run_tile(&t->slot[worker % slots], worker)) ran = true;
        if (ran) {
            spins = 0;
            continue;
        }
        for (; spins < SPINS && atomic_load(&t->shared) == seen && atomic_load(&t->busy) > 0; spins++) pause_thread();
        if (spins >= SPINS) sleep_until_shared(t, seen), spins = 0;
    }
    atomic_fetch_sub(&t->idle, 1);
    here.in_tile = false;
}

/* ---- the team ---- */

static void run_worker(team *t, int worker, const qp_team_work *work)
{
    here.team = t;
    here.worker = worker;
    work->run(work->self, worker);
    if (atomic_fetch_sub(&t->busy, 1) == 1) {
        if (atomic_load(&t->sleepers) > 0) wake_all(t);
    } else {
        help(t, worker);
    }
    here.team = NULL;
    here.worker = 0;
}

void qp_team_run(int threads, const qp_team_work *work)
{
    if (threads < 2 || here.team) {
        work->run(work->self, 0);
        return;
    }
    qp_threads_survive_fork();
    team t = {.threads = threads, .busy = threads, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
#pragma omp parallel num_threads(threads)
    {
#pragma omp single
        {
            t.threads = omp_get_num_threads(); /* may be fewer than wanted */
            atomic_store(&t.busy, t.threads);
        }
        run_worker(&t, omp_get_thread_num(), work);
    }
    pthread_cond_destroy(&t.wake);
    pthread_mutex_destroy(&t.lock);
}

int qp_team_size(void) { return here.recorder ? here.recorder->threads : here.team ? here.team->threads : 1; }

int qp_team_idle(void)
{
    if (here.recorder) return here.in_tile ? 0 : here.recorder->threads - 1;
    return here.team && !here.in_tile ? atomic_load_explicit(&here.team->idle, memory_order_relaxed) : 0;
}
