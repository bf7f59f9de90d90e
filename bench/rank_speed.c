/* build/bench/rank_speed — updates of the works of bench/train by several ranks:
 *     mpirun -np 2 build/mpi/bench/rank_speed
 * The work of an update is the same with any number of ranks: its shards are dealt to them, the gradient is exchanged,
 * and each updates its part of the weights, as training does. Prints the median time of an update, what of it passes
 * after the shards (the optimizer and the exchange of the weights), and target tokens per second. --link: what a
 * message between ranks 0 and 1 takes instead, as bench/cluster is given it. */
#include <getopt.h>
#include <time.h>

#include "bench/works.h"
#include "lib/base/threads.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/gradient/shards.h"

enum { MOST_UPDATES = 10000 };

typedef struct {
    trained t;
    qp_cluster *cluster;
    qp_shards *shards;
    int updates, shard_count;
    double update[MOST_UPDATES], after[MOST_UPDATES]; /* seconds */
} bench;

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void make_shards(bench *b, int threads, int64_t shard_rows, int type)
{
    const qp_params *params = qp_model_params(b->t.model);
    die(qp_shards_new(params, threads, shard_rows, &b->shards));
    die(qp_shards_set_type(b->shards, type));
    die(qp_shards_set_cluster(b->shards, b->cluster, qp_optimizer_parts(b->t.optimizer),
                              qp_gradient_buckets(qp_params_size(params), BUCKET_MB)));
}

static void update(bench *b, uint64_t number)
{
    qp_model_objective objective = {b->t.model, 0};
    const qp_loss_function function = qp_model_objective_loss(&objective);
    qp_real *weight = qp_params_block(qp_model_params(b->t.model));
    const size_t *part = qp_optimizer_parts(b->t.optimizer);
    qp_shards_result result;
    double begun = clock_seconds();
    die(qp_shards_run(b->shards, &function, &b->t.batch, 1, number, &result));
    double middle = clock_seconds();
    die(qp_optimizer_step(b->t.optimizer, weight, result.gradient, result.gradient_count, 1, 1e-4,
                          qp_shards_threads(b->shards), NULL));
    if (part) die(qp_cluster_gather(b->cluster, part, qp_optimizer_rounds(b->t.optimizer), weight));
    b->update[b->updates] = clock_seconds() - begun;
    b->after[b->updates++] = clock_seconds() - middle;
    b->shard_count = result.shards;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *value, int count)
{
    qsort(value, (size_t)count, sizeof *value, ascending);
    return value[count / 2];
}

/* All ranks stop after the same update. */
static void run(bench *b, double seconds)
{
    update(b, 0);
    update(b, 1);
    b->updates = 0;
    double begun = clock_seconds();
    for (bool more = true; more && b->updates < MOST_UPDATES;) {
        update(b, (uint64_t)b->updates + 2);
        more = qp_cluster_rank(b->cluster) == 0 && (b->updates < 3 || clock_seconds() - begun < seconds);
        more = qp_cluster_any(b->cluster, more);
    }
}

/* ---- the link ---- */

enum { LINK_BYTES = 1 << 24, LINK_TURNS = 15, LINK_HANDSHAKES = 2000 };

/* Seconds that ranks 0 and 1 take to send each other `bytes`, as the exchange of gradients does. */
static double both_ways(qp_cluster *cluster, char *data, size_t bytes)
{
    int rank = qp_cluster_rank(cluster);
    const qp_message message[] = {{1 - rank, false, data, bytes}, {1 - rank, true, data + bytes, bytes}};
    double begun = clock_seconds();
    if (rank < 2) die(qp_cluster_exchange(cluster, message, 2));
    return clock_seconds() - begun;
}

static void measure_link(qp_cluster *cluster)
{
    static double turn[LINK_HANDSHAKES];
    char *data = calloc(2, LINK_BYTES);
    if (!data || qp_cluster_ranks(cluster) < 2) die(qp_fail(QP_EUSAGE, "--link needs two ranks, and 32 MB"));
    for (int i = 0; i < LINK_TURNS; i++) turn[i] = both_ways(cluster, data, LINK_BYTES);
    double bandwidth = LINK_BYTES / median(turn, LINK_TURNS);
    for (int i = 0; i < LINK_HANDSHAKES; i++) turn[i] = both_ways(cluster, data, 1);
    double latency = median(turn, LINK_HANDSHAKES);
    if (qp_cluster_rank(cluster) == 0) printf("--bandwidth %.3g --latency %.3g\n", bandwidth * 8 / 1e9, latency * 1e6);
    free(data);
}

static int usage(void)
{
    fputs("usage: [mpirun -np N] rank_speed [--model NAME] [--threads N] [--seconds N] [--shard-rows N] [--bf16] "
          "[--link]\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option option[] = {
        {"model", 1, NULL, 'm'}, {"threads", 1, NULL, 't'}, {"seconds", 1, NULL, 's'}, {"shard-rows", 1, NULL, 'r'},
        {"bf16", 0, NULL, 'b'},  {"link", 0, NULL, 'l'},    {NULL, 0, NULL, 0}};
    const char *name = "mt";
    int threads = 1, type = QP_GRADIENT_FP32;
    int64_t shard_rows = 0;
    double seconds = 5;
    bool link = false;
    static bench b;
    for (int c; (c = getopt_long(argc, argv, "m:t:s:r:bl", option, NULL)) != -1;) {
        switch (c) {
        case 'm': name = optarg; break;
        case 't': threads = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'r': shard_rows = atoll(optarg); break;
        case 'b': type = QP_GRADIENT_BF16; break;
        case 'l': link = true; break;
        default: return usage();
        }
    }
    if (threads < 1) return usage();
    die(qp_cluster_open(&b.cluster));
    if (link) {
        measure_link(b.cluster);
        qp_cluster_close(b.cluster);
        return 0;
    }
    qp_cpu_flush_subnormals();
    b.t = trained_of(find_work(name), b.cluster);
    make_shards(&b, threads, shard_rows, type);
    run(&b, seconds);
    double tokens = b.t.batch.target.sequences.start[b.t.batch.target.sequences.count];
    double middle = median(b.update, b.updates), after = median(b.after, b.updates);
    if (qp_cluster_rank(b.cluster) == 0)
        printf("%-9s %d ranks x %d threads, %d shards: %.4f s per update, %.4f s of it after the shards, %.0f "
               "tokens/s, %d updates\n",
               name, qp_cluster_ranks(b.cluster), threads, b.shard_count, middle, after, tokens / middle, b.updates);
    qp_shards_free(b.shards);
    trained_free(&b.t);
    qp_cluster_close(b.cluster);
    return 0;
}
