/* build/bench/train — training throughput: forward, loss, backward and Adam on random ids; the same work as
 * ../shared/peers/torch_train_bench.py (sizes, batch, Adam at 1e-4 without clipping, dropout 0), gru-attention, a
 * translator with Bahdanau's attention, and gpt-4k and gpt-16k, one long sequence. Prints one JSON object.
 * tokens_per_second counts target tokens; times are medians over the steps; operations are those of matrix products,
 * training = 3 * forward, causal attention counted as full attention; cpu_ms is the time of all threads. sgemm_gflops
 * and fma_gflops are the rates of the same threads, measured right afterwards, for products of 1536^3 and for
 * multiply-adds only. --profile prints first how long each operation takes, forward and backward, in CPU time. */
#include <getopt.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/fma.h"
#include "bench/profile.h"
#include "bench/works.h"
#include "lib/base/threads.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/gradient/shards.h"

typedef struct {
    const work *work;
    int threads;
    double seconds;
    int64_t shard_rows;
    bool bf16, profile;
} options;

typedef struct {
    trained t;
    qp_shards *shards;
    double *step, *update, *cpu; /* seconds of each step, of its optimizer, and of all threads' CPU time */
    int steps, capacity;
    int shard_count;
    double loss;
} bench;

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double clock_seconds(void) { return seconds_of(CLOCK_MONOTONIC); }

static void step(bench *b, uint64_t number)
{
    qp_model_objective objective = {b->t.model, 0};
    const qp_loss_function function = qp_model_objective_loss(&objective);
    qp_shards_result result;
    double begun = clock_seconds(), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    die(qp_shards_run(b->shards, &function, &b->t.batch, 1, number, &result));
    double middle = clock_seconds();
    die(qp_optimizer_step(b->t.optimizer, qp_params_block(qp_model_params(b->t.model)), result.gradient,
                          result.gradient_count, 1, 1e-4, qp_shards_threads(b->shards), NULL));
    double end = clock_seconds();
    b->loss = result.loss / (double)result.target_rows;
    b->shard_count = result.shards;
    if (b->steps == b->capacity) return;
    b->step[b->steps] = end - begun;
    b->cpu[b->steps] = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    b->update[b->steps++] = end - middle;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *value, int count)
{
    qsort(value, (size_t)count, sizeof *value, ascending);
    return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

/* A bidirectional encoder and a decoder with Bahdanau attention, size h, for one token on each side: the recurrent
 * layers, the attention's two projections and its sum, the projection of state and context. */
static double attention_operations(const work *w)
{
    double d = w->width, h = 2 * d, gates = w->kind == QP_KIND_LSTM ? 4 : 3;
    return 2 * (2 * (d + h) + d + 2 * h + h) * gates * h + 2 * (h + 2 * h) * h + 4 * w->length * h + 6 * h * h;
}

/* Forward operations of a step, counted as in the peer. */
static double forward_operations(const work *w)
{
    double d = w->width, ff = w->feed_forward, n = w->length, v = w->vocabulary, layers = w->layers;
    double tokens = (double)w->sequences * n, output = 2 * d * v;
    if (qp_model_kind_is_recurrent(w->kind) && w->translates) return tokens * (attention_operations(w) + 4 * d * v);
    if (qp_model_kind_is_recurrent(w->kind))
        return tokens * (layers * 4 * d * d * (w->kind == QP_KIND_LSTM ? 4 : 3) + output);
    if (!w->translates) return tokens * (layers * (24 * d * d + 4 * n * d) + output);
    return tokens *
           (layers * (8 * d * d + 4 * d * ff + 4 * n * d) + layers * (16 * d * d + 4 * d * ff + 8 * n * d) + output);
}

/* Median rate of products of 1536^3, one per thread. */
static double sgemm_rate(int threads)
{
    enum { N = 1536, TIMES = 5 };
    double second[TIMES];
    size_t count = (size_t)N * N;
    qp_real *memory = calloc(3 * count * (size_t)threads, sizeof *memory);
    if (!memory) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (size_t i = 0; i < 3 * count * (size_t)threads; i++) memory[i] = (qp_real)(i % 17) / 17;
    for (int i = -1; i < TIMES; i++) {
        double begun = clock_seconds();
#pragma omp parallel num_threads(threads)
        {
            qp_real *a = memory + 3 * count * (size_t)omp_get_thread_num();
            qp_gemm(QP_AB, 1, qp_matrix_dense(a, N, N), qp_matrix_dense(a + count, N, N), 0,
                    qp_matrix_dense(a + 2 * count, N, N));
        }
        if (i >= 0) second[i] = clock_seconds() - begun;
    }
    free(memory);
    return 2.0 * N * N * N * threads / median(second, TIMES) / 1e9;
}

/* What the memory consists of; the rest is the program itself and the threads' scratch for products. */
static void print_memory(const bench *b)
{
    size_t block = qp_params_size(qp_model_params(b->t.model)) * sizeof(qp_real);
    size_t moments = (size_t)qp_optimizer_states(b->t.optimizer) * block;
    size_t gradients = (size_t)qp_shards_blocks(b->shards) * block;
    printf("\"weight_bytes\": %zu, \"moment_bytes\": %zu, \"gradient_bytes\": %zu, \"tape_bytes\": %zu, ", block,
           moments, gradients, qp_shards_bytes(b->shards) - gradients);
}

static void run(const options *o)
{
    const work *w = o->work;
    bench b = {.capacity = 100000};
    struct rusage usage;
    b.t = trained_of(w, NULL);
    die(qp_shards_new(qp_model_params(b.t.model), o->threads, o->shard_rows, &b.shards));
    if (o->bf16) qp_shards_set_bf16(b.shards);
    b.step = malloc((size_t)b.capacity * sizeof *b.step);
    b.update = malloc((size_t)b.capacity * sizeof *b.update);
    b.cpu = malloc((size_t)b.capacity * sizeof *b.cpu);
    if (!b.step || !b.update || !b.cpu) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (uint64_t i = 0; i < 3; i++) step(&b, i);
    b.steps = 0;
    profile p = {0};
    const qp_tape_profiler profiler = {&p, profile_spent};
    if (o->profile) qp_shards_profile(b.shards, &profiler);
    double begun = clock_seconds();
    for (uint64_t i = 3; clock_seconds() - begun < o->seconds || b.steps < 5; i++) step(&b, i);
    getrusage(RUSAGE_SELF, &usage);
    double cpu = 0, optimizer = 0;
    for (int i = 0; i < b.steps; i++) cpu += b.cpu[i], optimizer += b.update[i];
    if (o->profile) profile_print(&p, b.steps, cpu, optimizer);
    double seconds = median(b.step, b.steps), tokens = (double)w->sequences * w->length;
    double update = median(b.update, b.steps);
    double fma = fma_rate(o->threads), sgemm = sgemm_rate(o->threads);
    printf(
        "{\"model\": \"%s\", \"threads\": %d, \"tokens_per_second\": %.1f, \"gflops\": %.1f, \"sgemm_gflops\": %.1f, "
        "\"fma_gflops\": %.1f, \"peak_bytes\": %lld, ",
        w->name, o->threads, tokens / seconds, 3 * forward_operations(w) / seconds / 1e9, sgemm, fma,
        (long long)usage.ru_maxrss * 1024);
    print_memory(&b);
    printf("\"parameters\": %zu, \"shards\": %d, \"steps\": %d, \"step_ms\": %.2f, \"cpu_ms\": %.2f, "
           "\"optimizer_ms\": %.2f, \"loss\": %.4f, \"cpu\": \"%s\"}\n",
           qp_params_elements(qp_model_params(b.t.model)), b.shard_count, b.steps, 1e3 * seconds,
           1e3 * median(b.cpu, b.steps), 1e3 * update, b.loss, qp_cpu_name(qp_cpu_level()));
    qp_shards_free(b.shards);
    trained_free(&b.t);
    free(b.step), free(b.update), free(b.cpu);
}

int main(int argc, char **argv)
{
    static const struct option option[] = {
        {"model", 1, NULL, 'm'},     {"threads", 1, NULL, 't'}, {"seconds", 1, NULL, 's'}, {"shard-rows", 1, NULL, 'r'},
        {"precision", 1, NULL, 'p'}, {"json", 0, NULL, 'j'},    {"profile", 0, NULL, 'P'},
        {NULL, 0, NULL, 0}};
    options o = {.work = &works[0], .threads = 0, .seconds = 10};
    for (int c; (c = getopt_long(argc, argv, "m:t:s:r:p:jP", option, NULL)) != -1;) {
        if (c == 'm')
            o.work = find_work(optarg);
        else if (c == 't')
            o.threads = atoi(optarg);
        else if (c == 's')
            o.seconds = atof(optarg);
        else if (c == 'r')
            o.shard_rows = atoll(optarg);
        else if (c == 'p' && (strcmp(optarg, "bf16") == 0 || strcmp(optarg, "fp32") == 0))
            o.bf16 = strcmp(optarg, "bf16") == 0;
        else if (c == 'P')
            o.profile = true;
        else if (c != 'j') {
            fprintf(stderr,
                    "usage: train --model NAME [--threads N] [--seconds S] [--shard-rows N] [--precision fp32|bf16] "
                    "[--profile] [--json]\n");
            return 2;
        }
    }
    o.threads = qp_threads_of(o.threads);
    run(&o);
    return 0;
}
