/* build/bench/train — training throughput: forward, loss, backward and Adam on random ids; the same work as
 * ../shared/peers/torch_train_bench.py (sizes, batch, Adam at 1e-4 without clipping, dropout 0), gru-attention, a
 * translator with Bahdanau's attention, and gpt-4k and gpt-16k, one long sequence. Prints one JSON object. tokens_per_second counts target tokens; times are
 * medians over the steps; operations are those of matrix products, training = 3 * forward, causal attention counted as
 * full attention. sgemm_gflops and fma_gflops are the rates of the same threads, measured right afterwards, for
 * products of 1536^3 and for multiply-adds only. */
#include <getopt.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/fma.h"
#include "lib/base/random.h"
#include "lib/base/threads.h"
#include "lib/model/model.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/optimizer.h"
#include "lib/train/shards.h"

typedef struct {
    const char *name;
    int kind; /* kind of encoder and decoder */
    bool translates;
    int vocabulary, width, feed_forward, heads, layers, sequences, length;
} work;

static const work works[] = {
    {"mt", QP_KIND_TRANSFORMER, true, 8000, 256, 1024, 8, 3, 64, 24},
    {"mt-untied", QP_KIND_TRANSFORMER, true, 8000, 256, 1024, 8, 3, 64, 24},
    {"lstm", QP_KIND_LSTM, false, 8000, 512, 0, 0, 2, 64, 64},
    {"gru", QP_KIND_GRU, false, 8000, 512, 0, 0, 2, 64, 64},
    {"gru-attention", QP_KIND_GRU, true, 8000, 256, 0, 0, 1, 64, 24},
    {"gpt-small", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 4, 12, 64},
    {"gpt-base", QP_KIND_TRANSFORMER, false, 65, 384, 1536, 6, 6, 8, 256},
    {"gpt-4k", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 2, 1, 4096},
    {"gpt-16k", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 2, 1, 16384},
};

typedef struct {
    const work *work;
    int threads;
    double seconds;
    int64_t shard_rows;
} options;

typedef struct {
    qp_model *model;
    qp_shards *shards;
    qp_optimizer *optimizer;
    qp_batch batch;
    int32_t *start, *source, *target;
    double *step, *update; /* seconds of each step, and of its optimizer */
    int steps, capacity;
    int shard_count;
    double loss;
} bench;

static void die(qp_status status)
{
    if (status == QP_OK) return;
    fprintf(stderr, "train: %s\n", qp_error_message());
    exit(70);
}

static double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static qp_model_config config_of(const work *w)
{
    qp_model_config c;
    qp_config_defaults(&qp_model_fields, &c);
    c.decoder = w->kind;
    c.enc_layers = c.dec_layers = w->layers;
    c.emb_size = w->width;
    if (w->kind == QP_KIND_TRANSFORMER) {
        c.ff_size = w->feed_forward;
        c.heads = w->heads;
    }
    c.dropout = c.attention_dropout = c.ff_dropout = 0;
    c.src_vocab_size = c.tgt_vocab_size = w->vocabulary;
    if (w->translates) {
        c.norm = QP_NORM_POST;
        c.tied_embeddings = strcmp(w->name, "mt") == 0;
    } else {
        c.task = QP_TASK_LM;
        c.encoder = QP_KIND_NONE;
        c.max_length = w->length;
        c.scale_embeddings = 0;
    }
    if (qp_model_kind_is_recurrent(w->kind)) {
        c.pos = QP_POS_NONE;
        c.tied_embeddings = 0;
        c.scale_embeddings = 0;
        c.bidirectional = w->translates;
        if (w->translates) c.hidden_size = 2 * w->width;
        if (w->translates) c.encoder = w->kind;
        if (!w->translates) c.attention = QP_ATTEND_NONE;
    } else if (!w->translates) {
        c.pos = QP_POS_LEARNED;
        c.bias = 0;
        qp_config_set(qp_config_find(&qp_model_fields, "activation"), &c, "activation", "gelu");
    }
    return c;
}

/* As the peer: embeddings from N(0, 0.02^2), the rest as the model initializes it. */
static void shrink_embeddings(qp_params *params)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (strstr(p->name, "embed") || strstr(p->name, "position"))
            qp_init_fill((qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02}, p->rows, p->columns, p->columns, p->rows,
                         (uint64_t)i, qp_params_value(params, i));
    }
}

static void make_batch(bench *b, const work *w)
{
    int rows = w->sequences * w->length;
    b->start = malloc(((size_t)w->sequences + 1) * sizeof *b->start);
    b->source = malloc((size_t)rows * sizeof *b->source);
    b->target = malloc((size_t)rows * sizeof *b->target);
    if (!b->start || !b->source || !b->target) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (int i = 0; i <= w->sequences; i++) b->start[i] = i * w->length;
    for (int r = 0; r < rows; r++) {
        b->source[r] = (int32_t)qp_random_below(1, (uint64_t)r, (uint64_t)w->vocabulary);
        b->target[r] = (int32_t)qp_random_below(2, (uint64_t)r, (uint64_t)w->vocabulary);
    }
    qp_sequences s = {.count = w->sequences, .start = b->start};
    b->batch.target = (qp_ids){s, b->target};
    if (w->translates) b->batch.source = (qp_ids){s, b->source};
}

static void make_optimizer(bench *b)
{
    const qp_params *params = qp_model_params(b->model);
    int count = qp_params_count(params);
    qp_optimizer_span *span = calloc((size_t)count, sizeof *span);
    qp_optimizer_config c;
    qp_config_defaults(&qp_optimizer_fields, &c);
    c.beta2 = 0.999;
    if (!span) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (int i = 0; i < count; i++) {
        const qp_parameter *p = qp_params_at(params, i);
        span[i] = (qp_optimizer_span){.offset = p->offset, .rows = p->rows, .columns = p->columns};
    }
    die(qp_optimizer_new(&c, qp_params_size(params), span, count, &b->optimizer));
    free(span);
}

static qp_tensor loss(void *self, qp_tape *tape, const qp_batch *shard) { return qp_model_loss(self, tape, shard, 0); }

static void step(bench *b, uint64_t number)
{
    const qp_loss_function function = {b->model, loss};
    qp_shards_result result;
    double begun = clock_seconds();
    die(qp_shards_run(b->shards, &function, &b->batch, 1, number, &result));
    double middle = clock_seconds();
    die(qp_optimizer_step(b->optimizer, qp_params_block(qp_model_params(b->model)), result.gradient,
                          result.gradient_count, 1, 1e-4, qp_shards_threads(b->shards), NULL));
    double end = clock_seconds();
    b->loss = result.loss / (double)result.target_rows;
    b->shard_count = result.shards;
    if (b->steps == b->capacity) return;
    b->step[b->steps] = end - begun;
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

static void run(const options *o)
{
    const work *w = o->work;
    bench b = {.capacity = 100000};
    struct rusage usage;
    qp_model_config config = config_of(w);
    die(qp_model_new(&config, 1, &b.model));
    shrink_embeddings(qp_model_params(b.model));
    make_batch(&b, w);
    make_optimizer(&b);
    die(qp_shards_new(qp_model_params(b.model), o->threads, o->shard_rows, &b.shards));
    b.step = malloc((size_t)b.capacity * sizeof *b.step);
    b.update = malloc((size_t)b.capacity * sizeof *b.update);
    if (!b.step || !b.update) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (uint64_t i = 0; i < 3; i++) step(&b, i);
    b.steps = 0;
    double begun = clock_seconds();
    for (uint64_t i = 3; clock_seconds() - begun < o->seconds || b.steps < 5; i++) step(&b, i);
    getrusage(RUSAGE_SELF, &usage);
    double seconds = median(b.step, b.steps), tokens = (double)w->sequences * w->length;
    double update = median(b.update, b.steps);
    double fma = fma_rate(o->threads), sgemm = sgemm_rate(o->threads);
    printf(
        "{\"model\": \"%s\", \"threads\": %d, \"tokens_per_second\": %.1f, \"gflops\": %.1f, \"sgemm_gflops\": %.1f, "
        "\"fma_gflops\": %.1f, \"peak_bytes\": %lld, \"parameters\": %zu, \"shards\": %d, \"steps\": %d, "
        "\"step_ms\": %.2f, \"optimizer_ms\": %.2f, \"loss\": %.4f, \"cpu\": \"%s\"}\n",
        w->name, o->threads, tokens / seconds, 3 * forward_operations(w) / seconds / 1e9, sgemm, fma,
        (long long)usage.ru_maxrss * 1024, qp_params_elements(qp_model_params(b.model)), b.shard_count, b.steps,
        1e3 * seconds, 1e3 * update, b.loss, qp_cpu_name(qp_cpu_level()));
    qp_shards_free(b.shards);
    qp_optimizer_free(b.optimizer);
    qp_model_free(b.model);
    free(b.start), free(b.source), free(b.target), free(b.step), free(b.update);
}

static const work *find_work(const char *name)
{
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (strcmp(works[i].name, name) == 0) return &works[i];
    fprintf(stderr, "train: --model %s: unknown; one of", name);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) fprintf(stderr, " %s", works[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option option[] = {{"model", 1, NULL, 'm'},   {"threads", 1, NULL, 't'},
                                           {"seconds", 1, NULL, 's'}, {"shard-rows", 1, NULL, 'r'},
                                           {"json", 0, NULL, 'j'},    {NULL, 0, NULL, 0}};
    options o = {.work = &works[0], .threads = 0, .seconds = 10};
    for (int c; (c = getopt_long(argc, argv, "m:t:s:r:j", option, NULL)) != -1;) {
        if (c == 'm')
            o.work = find_work(optarg);
        else if (c == 't')
            o.threads = atoi(optarg);
        else if (c == 's')
            o.seconds = atof(optarg);
        else if (c == 'r')
            o.shard_rows = atoll(optarg);
        else if (c != 'j') {
            fprintf(stderr, "usage: train --model NAME [--threads N] [--seconds S] [--shard-rows N] [--json]\n");
            return 2;
        }
    }
    o.threads = qp_threads_of(o.threads);
    run(&o);
    return 0;
}
