/* build/bench/scaling — how a training step would run on 1 .. 64 cores, on paper. A step runs on one thread with its
 * tiles recorded (lib/base/tiles.h): CPU time of each tile, and of what is between operations. Then simulated workers
 * take the tiles in order, each the next one when it is free. Handing an operation over costs what it costs two threads
 * here, times log2 of the workers. Shards run side by side, with equally many workers each. What is not simulated:
 * caches and memory that cores share.
 *
 * Losses are shares of the time of all workers: serial (one thread works, between operations), idle (fewer tiles than
 * workers, at the end of an operation, or fewer shards), handing over, more work (attention's backward in small
 * tiles). */
#include <getopt.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "bench/works.h"
#include "lib/base/threads.h"
#include "lib/base/tiles.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/gradient/shards.h"

enum { MOST_WORKERS = 64 };

/* What one step did: the seconds of its tiles, tile -1 for those between operations. */
typedef struct {
    int *tile;
    double *second, all;
    size_t count, capacity;
} recording;

static void note(void *self, int tile, double seconds)
{
    recording *r = self;
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 4096;
        r->tile = realloc(r->tile, r->capacity * sizeof *r->tile);
        r->second = realloc(r->second, r->capacity * sizeof *r->second);
        if (!r->tile || !r->second) die(qp_fail(QP_EMEMORY, "out of memory"));
    }
    r->tile[r->count] = tile;
    r->second[r->count++] = seconds;
    r->all += seconds;
}

static void recording_free(recording *r)
{
    free(r->tile), free(r->second);
    *r = (recording){0};
}

typedef struct {
    trained t;
    qp_shards *shards;
    int shard_count;
    double update; /* seconds of the optimizer on one thread */
} bench;

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static recording record_step(bench *b, int workers)
{
    recording r = {0};
    qp_model_objective objective = {b->t.model, 0};
    const qp_loss_function function = qp_model_objective_loss(&objective);
    qp_shards_result result;
    qp_tiles_record(&(qp_tiles_recorder){workers, &r, note});
    die(qp_shards_run(b->shards, &function, &b->t.batch, 1, 1, &result));
    qp_tiles_record(NULL);
    double begun = clock_seconds();
    die(qp_optimizer_step(b->t.optimizer, qp_params_block(qp_model_params(b->t.model)), result.gradient,
                          result.gradient_count, 1, 1e-4, 1, NULL));
    double update = clock_seconds() - begun;
    if (b->update == 0 || update < b->update) b->update = update;
    b->shard_count = result.shards;
    return r;
}

/* The fastest of several. */
static recording record(bench *b, int workers, int times)
{
    recording best = record_step(b, workers);
    for (int i = 1; i < times; i++) {
        recording r = record_step(b, workers);
        if (r.all < best.all) {
            recording swap = best;
            best = r;
            r = swap;
        }
        recording_free(&r);
    }
    return best;
}

/* ---- the price of handing over ---- */

typedef struct {
    atomic_int begun; /* tiles, of all operations */
    double least;     /* seconds of an operation */
} meeting;

/* One of two tiles; waits for the other one, which another thread has to take. */
static void meet(void *self, int tile, int worker)
{
    meeting *m = self;
    int pair = atomic_fetch_add(&m->begun, 1) / 2 + 1;
    (void)tile, (void)worker;
    while (atomic_load(&m->begun) < 2 * pair) {}
}

static void hand_over(void *self, int worker)
{
    enum { OPERATIONS = 100, ROUNDS = 200 };
    meeting *m = self;
    if (worker > 0 || qp_team_size() < 2) return;
    while (qp_team_idle() == 0) {}
    for (int i = 0; i < ROUNDS; i++) {
        struct timespec begun, end;
        clock_gettime(CLOCK_MONOTONIC, &begun);
        for (int k = 0; k < OPERATIONS; k++) qp_tiles_run(&(qp_tiles){m, meet, 2, 1e9});
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - begun.tv_sec) + 1e-9 * (double)(end.tv_nsec - begun.tv_nsec);
        if (seconds / OPERATIONS < m->least) m->least = seconds / OPERATIONS;
    }
}

/* ---- simulation ---- */

typedef struct {
    double seconds;                     /* of the step */
    double serial, idle, handing, more; /* shares of workers*seconds */
} outcome;

/* When the last of the tiles first .. end-1 is done. */
static double makespan(const recording *r, size_t first, size_t end, int workers)
{
    double free_at[MOST_WORKERS] = {0}, last = 0;
    for (size_t i = first; i < end; i++) {
        int next = 0;
        for (int w = 1; w < workers; w++)
            if (free_at[w] < free_at[next]) next = w;
        free_at[next] += r->second[i];
        if (free_at[next] > last) last = free_at[next];
    }
    return last;
}

static outcome simulate(const bench *b, const recording *r, int workers, double handing, double alone)
{
    const int drivers = workers < b->shard_count ? workers : b->shard_count, each = workers / drivers;
    const int rounds = (b->shard_count + drivers - 1) / drivers;
    double serial = 0, parallel = 0, tiles = 0;
    int operations = 0;
    for (size_t i = 0; i < r->count;) {
        if (r->tile[i] < 0) {
            serial += r->second[i++];
            continue;
        }
        size_t end = i;
        while (end < r->count && r->tile[end] >= 0) tiles += r->second[end++];
        parallel += makespan(r, i, end, each);
        operations++;
        i = end;
    }
    const double share = (double)rounds / b->shard_count, price = each > 1 ? operations * handing * log2(each) : 0;
    outcome o = {.seconds = (serial + parallel + price) * share + b->update / workers};
    const double all = workers * o.seconds;
    o.serial = serial * (each - 1) * share * drivers / all;
    o.handing = price * each * share * drivers / all;
    o.more = (tiles + serial + b->update - alone) / all;
    if (o.more < 0) o.more = 0;
    o.idle = 1 - alone / all - o.serial - o.handing - o.more;
    return o;
}

static const char *reason(const outcome *o)
{
    const double share[] = {o->serial, o->idle, o->handing, o->more};
    static const char *const name[] = {"serial part", "idle workers", "handing over", "more work"};
    int most = 0;
    for (int i = 1; i < 4; i++)
        if (share[i] > share[most]) most = i;
    return share[most] < 0.01 ? "-" : name[most];
}

static void run(const work *w, int times)
{
    bench b = {.t = trained_of(w, NULL)};
    meeting two = {.least = 1};
    qp_cpu_flush_subnormals();
    die(qp_shards_new(qp_model_params(b.t.model), 1, 0, &b.shards));
    qp_team_run(2, &(qp_team_work){&two, hand_over});
    const double handing = two.least < 1 ? two.least : 0;
    recording one = record(&b, 1, times);
    double alone = one.all + b.update;
    printf("%s: %d shards, %.1f ms on one thread; handing over %.2f us\n", w->name, b.shard_count, 1e3 * alone,
           1e6 * handing);
    printf("workers       ms  speed-up  efficiency  serial   idle  handing over  more work  largest loss\n");
    for (int workers = 1; workers <= MOST_WORKERS; workers *= 2) {
        const int drivers = workers < b.shard_count ? workers : b.shard_count;
        recording r = workers / drivers == 1 ? one : record(&b, workers / drivers, times);
        outcome o = simulate(&b, &r, workers, handing, alone);
        printf("%7d %8.1f %9.2f %9.0f %% %5.1f %% %4.1f %% %11.1f %% %8.1f %%  %s\n", workers, 1e3 * o.seconds,
               alone / o.seconds, 100 * alone / o.seconds / workers, 100 * o.serial, 100 * o.idle, 100 * o.handing,
               100 * o.more, reason(&o));
        if (r.tile != one.tile) recording_free(&r);
    }
    recording_free(&one);
    qp_shards_free(b.shards);
    trained_free(&b.t);
}

int main(int argc, char **argv)
{
    static const struct option option[] = {{"model", 1, NULL, 'm'}, {"times", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
    const work *w = find_work("gpt-4k");
    int times = 3;
    for (int c; (c = getopt_long(argc, argv, "m:t:", option, NULL)) != -1;) {
        if (c == 'm')
            w = find_work(optarg);
        else if (c == 't' && atoi(optarg) > 0)
            times = atoi(optarg);
        else {
            fprintf(stderr, "usage: scaling [--model NAME] [--times N]\n");
            return 2;
        }
    }
    run(w, times);
    return 0;
}
