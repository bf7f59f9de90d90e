/* build/bench/cluster — how a training would run on several machines, on paper; build/bench/rank_speed measures it on
 * some. One shard and one optimizer step are measured here, on one core; the time of an update with R ranks of C cores
 * is then computed:
 *     rounds * shard + sums + exchange + optimizer,    rounds = ceil(ceil(shards / R) / C)
 * B = bytes of the gradient, w = bandwidth of each machine, l = latency of a message:
 *     ring     2 (R-1) (l + B/(R w))                 every rank updates all weights
 *     tree     2 ceil(log2 R) (l + B/w)              to rank 0 and back
 *     slices   (R-1) (2 l + (roots + 1) B/(R w))     lib/train/gradient/gradient_exchange.h; for rules of whole
 *              parameters
 *     zero-1   the same, but a rank updates its slice alone, and sends weights instead of the sum: what quipu does for
 *              all other rules
 * Of slices and zero-1 the way to the owner begins during the backward pass of a rank's last shard, bucket by bucket;
 * with K buckets, a backward pass of b seconds and T seconds to send, max(T/K, T - b (K-1)/K) of T come after it. The
 * way back is not hidden, and --no-overlap hides nothing. Assumed: ranks on machines of their own, equally fast; a link
 * that is idle otherwise; messages that move without taking time from the cores. A model too large to be run here has
 * the speed of gpt-base: 6 operations for each weight and row.
 * --machine N: all ranks are on one machine of N cores. Ranks that need more cores than that take turns, so that
 * everything takes ranks * cores / N times as long; messages are copies that the cores make, which nothing hides.
 * bench/rank_times compares that with measured ranks. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <time.h>

#include "bench/works.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/tensor/pointwise.h"
#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/gradient/shards.h"

typedef struct {
    const char *name;
    double weights, rows, pieces; /* rows of a shard, and the pieces in which it runs */
    double shard, step;   /* seconds on one core: forward and backward of a shard; the optimizer */
    double sum;           /* of two gradients */
} measured;

typedef struct {
    int ranks, shards, cores;
    int machine;               /* cores that all ranks share; 0: every rank has its own */
    double bandwidth, latency; /* bytes per second, seconds */
    bool overlap;
} setup;

enum { RING, TREE, SLICES, ZERO_1, KINDS };
static const char *const kind_name[] = {"ring", "tree", "slices", "zero-1"};

/* ---- measuring ---- */

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void keep_least(double *least, double begun)
{
    double seconds = clock_seconds() - begun;
    if (*least == 0 || seconds < *least) *least = seconds;
}

static measured measure(const char *name, int64_t rows, int times)
{
    trained t = trained_of(find_work(name), NULL);
    qp_params *params = qp_model_params(t.model);
    qp_model_objective objective = {t.model, 0};
    const qp_loss_function function = qp_model_objective_loss(&objective);
    qp_shards *shards;
    qp_shards_result result;
    measured m = {.name = name, .weights = (double)qp_params_size(params)};
    double batch = 0;
    qp_real *a = calloc(qp_params_size(params), sizeof *a);
    if (!a) die(qp_fail(QP_EMEMORY, "out of memory"));
    qp_cpu_flush_subnormals();
    die(qp_shards_new(params, 1, rows, &shards));
    for (int i = 0; i <= times; i++) {
        double begun = clock_seconds();
        die(qp_shards_run(shards, &function, &t.batch, 1, 1, &result));
        keep_least(&batch, begun);
        begun = clock_seconds();
        die(qp_optimizer_step(t.optimizer, qp_params_block(params), result.gradient, result.gradient_count, 1, 1e-4, 1,
                              NULL));
        keep_least(&m.step, begun);
        begun = clock_seconds();
        qp_scale_add(qp_params_size(params), 1, result.gradient[0], 1, a);
        keep_least(&m.sum, begun);
    }
    m.shard = batch / result.shards;
    m.rows = (double)(result.source_rows + result.target_rows) / result.shards;
    m.pieces = qp_shard_pieces((int64_t)m.rows, t.batch.target.sequences.count / result.shards,
                               qp_shards_piece_rows(&function, false));
    free(a);
    qp_shards_free(shards);
    trained_free(&t);
    return m;
}

/* A decoder of `weights` weights, at the speed of a measured one. */
static measured scaled(const char *name, double weights, const measured *as)
{
    measured m = *as;
    double factor = weights / as->weights;
    m.name = name;
    m.weights = weights;
    m.shard *= factor, m.step *= factor, m.sum *= factor;
    return m;
}

/* ---- computing ---- */

/* The most roots that one rank has. */
static int most_roots(const setup *s)
{
    int most = 1;
    for (int r = 0; r < s->ranks; r++) {
        int end = (int)((int64_t)s->shards * (r + 1) / s->ranks), roots = 0;
        for (int leaf = (int)((int64_t)s->shards * r / s->ranks); leaf < end; roots++)
            leaf = qp_gradient_tree_root_end(s->shards, leaf, end, QP_GRADIENT_FP32);
        if (roots > most) most = roots;
    }
    return most;
}

/* What is left of `send` seconds after the backward pass of the last piece of a rank's last shard; two thirds of the
 * time of a piece are its backward pass. */
static double exposed(const measured *m, const setup *s, double send)
{
    const double buckets = qp_gradient_buckets((size_t)m->weights, BUCKET_MB);
    const double backward = m->shard / m->pieces * 2 / 3;
    return s->overlap && !s->machine ? fmax(send / buckets, send - backward * (buckets - 1) / buckets) : send;
}

static double exchange_seconds(const measured *m, const setup *s, int kind)
{
    const double bytes = m->weights * sizeof(float), ranks = s->ranks, others = ranks - 1;
    if (s->ranks == 1) return 0;
    if (kind == RING) return 2 * others * (s->latency + bytes / (ranks * s->bandwidth));
    if (kind == TREE) return 2 * ceil(log2(ranks)) * (s->latency + bytes / s->bandwidth);
    const double slice = bytes / (ranks * s->bandwidth);
    return exposed(m, s, others * (s->latency + most_roots(s) * slice)) + others * (s->latency + slice);
}

typedef struct {
    double seconds, exchange, uneven; /* uneven: cores wait because shards are whole */
} outcome;

static outcome update_of(const measured *m, const setup *s, int kind)
{
    const int own = (s->shards + s->ranks - 1) / s->ranks, rounds = (own + s->cores - 1) / s->cores;
    const double compute = rounds * m->shard, ideal = m->shard * s->shards / (s->ranks * (double)s->cores);
    outcome o = {.exchange = exchange_seconds(m, s, kind), .uneven = compute - ideal};
    const double step = m->step / s->cores / (kind == ZERO_1 ? s->ranks : 1);
    const double turns = s->machine ? fmax(1, (double)s->ranks * s->cores / s->machine) : 1;
    o.seconds = turns * (compute + m->sum * (own - 1) / s->cores + o.exchange + step);
    return o;
}

static void print(const measured *m, setup s, const int *ranks, int count)
{
    s.ranks = 1;
    const outcome one = update_of(m, &s, RING);
    printf("%s: %.0f million weights, %d shards of %.0f rows, %.3g s each, optimizer %.3g s\n", m->name,
           m->weights / 1e6, s.shards, m->rows, m->shard, m->step);
    printf("ranks   update (zero-1)  speed-up   efficiency:");
    for (int k = 0; k < KINDS; k++) printf(" %7s", kind_name[k]);
    puts("   most is lost to");
    for (int i = 0; i < count; i++) {
        s.ranks = ranks[i];
        outcome o = update_of(m, &s, ZERO_1);
        double lost = o.seconds - one.seconds / s.ranks;
        const char *to = lost < 0.01 * o.seconds ? "-" : o.exchange > o.uneven ? "the exchange" : "too few shards";
        printf("%5d %15.3f s %9.1f              ", s.ranks, o.seconds, one.seconds / o.seconds);
        for (int k = 0; k < KINDS; k++) printf(" %5.0f %%", 100 * one.seconds / update_of(m, &s, k).seconds / s.ranks);
        printf("   %s\n", to);
    }
}

static int usage(void)
{
    fputs("usage: cluster [--model mt|gpt-base|350M] [--ranks N] [--bandwidth GBIT/S] [--latency MICROSECONDS] "
          "[--shards N] [--cores N] [--rows N] [--machine CORES] [--no-overlap]\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option option[] = {
        {"model", 1, NULL, 'm'},   {"ranks", 1, NULL, 'r'}, {"bandwidth", 1, NULL, 'b'}, {"latency", 1, NULL, 'l'},
        {"shards", 1, NULL, 's'},  {"cores", 1, NULL, 'c'}, {"rows", 1, NULL, 'R'},      {"no-overlap", 0, NULL, 'n'},
        {"machine", 1, NULL, 'M'}, {NULL, 0, NULL, 0}};
    setup s = {.ranks = 256, .shards = 64, .cores = 1, .bandwidth = 10, .latency = 20, .overlap = true};
    int64_t rows = 0;
    const char *name = "350M";
    int list[10], count = 0;
    for (int c; (c = getopt_long(argc, argv, "m:r:b:l:s:c:R:M:n", option, NULL)) != -1;) {
        switch (c) {
        case 'm': name = optarg; break;
        case 'r': s.ranks = atoi(optarg); break;
        case 'b': s.bandwidth = atof(optarg); break;
        case 'l': s.latency = atof(optarg); break;
        case 's': s.shards = atoi(optarg); break;
        case 'c': s.cores = atoi(optarg); break;
        case 'R': rows = atoll(optarg); break;
        case 'M': s.machine = atoi(optarg); break;
        case 'n': s.overlap = false; break;
        default: return usage();
        }
    }
    if (s.ranks < 1 || s.ranks > 256 || s.shards < 1 || s.shards > 1 << 20 || s.cores < 1 || s.machine < 0 ||
        s.bandwidth <= 0)
        return usage();
    for (int r = 1; r < s.ranks; r *= 2) list[count++] = r;
    list[count++] = s.ranks;
    printf("%.3g Gbit/s, latency %.3g us, %d cores per rank; kernels %s\n", s.bandwidth, s.latency, s.cores,
           qp_cpu_name(qp_cpu_level()));
    s.bandwidth *= 1e9 / 8;
    s.latency *= 1e-6;
    bool large = strcmp(name, "350M") == 0;
    measured m = measure(large ? "gpt-base" : name, rows, 3);
    if (large) m = scaled(name, 350e6, &m);
    print(&m, s, list, count);
    return 0;
}
