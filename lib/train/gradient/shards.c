#include "lib/train/gradient/shards.h"

#include <limits.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/threads.h"
#include "lib/base/tiles.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"
#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/gradient/shard_ranks.h"

/* Rows times parameters of an update that takes less than about a millisecond. */
#define LITTLE_WORK 5e6

typedef struct {
    qp_tape *tape;
    qp_pin pin;
    bool started;
    qp_bucket_watch *watch; /* NULL: a process alone */
} worker;

struct qp_shards {
    const qp_params *params;
    int64_t shard_rows;
    bool bf16;       /* products of training steps */
    bool batch_mean; /* batches are weighted equally, not by their rows */
    int threads;
    int drivers; /* the workers that take shards in this call; the others run tiles of their operations */
    worker *worker;
    qp_gradient_tree *tree;
    qp_cluster *cluster;
    qp_gradient_exchange *exchange; /* NULL: a process alone */
    int type;                       /* of the gradient */
    qp_shard_list list;             /* of the current call */
    double *loss;                   /* [list.capacity] */
    int losses;
    int first, end; /* the shards that this rank runs */
    const qp_loss_function *function;
    qp_mode mode;
    uint64_t key;
    qp_real scale;
    omp_lock_t lock; /* guards next and the failure */
    int next;
    int failed_shard; /* INT_MAX: none */
    qp_status status;
    char message[512];
};

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "training: out of memory for the shards; use a smaller --batch-size or model");
}

qp_status qp_shards_new(const qp_params *params, int threads, int64_t shard_rows, qp_shards **shards)
{
    *shards = NULL;
    qp_shards *s = calloc(1, sizeof *s);
    if (!s) return out_of_memory();
    s->params = params;
    s->threads = threads < 1 ? 1 : threads;
    s->shard_rows = shard_rows;
    s->worker = calloc((size_t)s->threads, sizeof *s->worker);
    omp_init_lock(&s->lock);
    bool ready = s->worker != NULL;
    for (int i = 0; ready && i < s->threads; i++) ready = (s->worker[i].tape = qp_tape_new()) != NULL;
    qp_status status = ready ? qp_gradient_tree_new(params, s->threads, QP_GRADIENT_FP32, &s->tree) : out_of_memory();
    if (status == QP_OK)
        *shards = s;
    else
        qp_shards_free(s);
    return status;
}

void qp_shards_set_bf16(qp_shards *s) { s->bf16 = true; }

void qp_shards_profile(qp_shards *s, const qp_tape_profiler *profiler)
{
    for (int i = 0; i < s->threads; i++) qp_tape_profile(s->worker[i].tape, profiler);
}

void qp_shards_set_batch_mean(qp_shards *s) { s->batch_mean = true; }

qp_status qp_shards_set_type(qp_shards *s, int type)
{
    if (type == s->type) return QP_OK;
    qp_gradient_tree *tree;
    QP_TRY(qp_gradient_tree_new(s->params, s->threads, type, &tree));
    qp_gradient_tree_free(s->tree);
    s->tree = tree;
    s->type = type;
    return QP_OK;
}

qp_status qp_shards_set_cluster(qp_shards *s, qp_cluster *cluster, const size_t *parts, int buckets)
{
    s->cluster = cluster;
    if (!cluster) return QP_OK;
    const qp_gradient_exchange_options options = {cluster, s->threads, s->type, buckets, parts};
    QP_TRY(qp_gradient_exchange_new(s->params, &options, s->tree, &s->exchange));
    for (int i = 0; i < s->threads; i++)
        QP_TRY(qp_bucket_watch_new(s->params, s->tree, s->exchange, &s->worker[i].watch));
    return QP_OK;
}

void qp_shards_free(qp_shards *s)
{
    if (!s) return;
    if (s->worker) {
#pragma omp parallel num_threads(s->threads)
        qp_threads_unpin(&s->worker[omp_get_thread_num()].pin);
        for (int i = 0; i < s->threads; i++) {
            qp_tape_free(s->worker[i].tape);
            qp_bucket_watch_free(s->worker[i].watch);
        }
    }
    omp_destroy_lock(&s->lock);
    qp_gradient_tree_free(s->tree);
    qp_gradient_exchange_free(s->exchange);
    free(s->worker);
    qp_shard_list_free(&s->list);
    free(s->loss);
    free(s);
}

/* ---- one shard ---- */

static void fail(qp_shards *s, int number, qp_status status, const char *message)
{
    omp_set_lock(&s->lock);
    if (number < s->failed_shard) {
        s->failed_shard = number;
        s->status = status;
        snprintf(s->message, sizeof s->message, "%s", message);
    }
    omp_unset_lock(&s->lock);
}

/* A shard while a worker runs it. */
typedef struct {
    qp_shards *shards;
    worker *worker;
    int number, block;     /* block -1: no gradient */
    qp_gradient *gradient; /* NULL: none */
} pass;

/* Forward and, when training, backward of some sequences; *sum += their loss. Sequences without a target row
 * (of a masked language model) add nothing. */
static bool run_piece(pass *p, qp_shard piece, uint64_t key, bool last, double *sum)
{
    qp_shards *s = p->shards;
    qp_tape *tape = p->worker->tape;
    qp_sequences target = piece.batch->target.sequences;
    qp_bucket_watch *watch = last && p->gradient ? p->worker->watch : NULL;
    qp_tape_begin(tape, s->mode, key);
    if (target.start[piece.end] == target.start[piece.first]) return true;
    if (p->gradient) {
        qp_tape_bind(tape, p->gradient->node);
        qp_tape_expect_scale(tape, s->scale * piece.weight);
        if (s->bf16) qp_tape_use_bf16(tape);
    }
    if (watch) qp_bucket_watch_forward(watch, tape);
    qp_batch view = qp_shard_view(tape, &piece);
    qp_tensor loss = qp_tape_failed(tape) ? (qp_tensor){0} : s->function->loss(s->function->self, tape, &view);
    if (!qp_tape_failed(tape) && (loss.rows != 1 || loss.columns != 1))
        loss = qp_tape_fail(tape, QP_ESHAPE, "training: a loss of %d x %d values; it must be one", loss.rows,
                            loss.columns);
    if (qp_tape_failed(tape)) return false;
    *sum += (double)(loss.value[0] * piece.weight); /* before backward, which may reuse the memory */
    if (watch) qp_bucket_watch_backward(watch);
    return !p->gradient || qp_tape_backward(tape, loss, s->scale * piece.weight) == QP_OK;
}

/* The gradient of all pieces is complete: what the watch did not do, it does now. */
static void join(const pass *p)
{
    if (!p->gradient) return;
    if (p->worker->watch) {
        qp_bucket_watch_end(p->worker->watch);
        return;
    }
    qp_gradient_finish(p->gradient, p->shards->params);
    qp_gradient_tree_join(p->shards->tree, p->number, p->block, 0);
}

int qp_shards_piece_rows(const qp_loss_function *function, bool bf16)
{
    return function->recurrent || bf16 ? QP_LARGE_PIECE_ROWS : QP_PIECE_ROWS;
}

/* The pieces of a shard in turn, into the same gradient, which then joins the tree. */
static bool run_shard(pass *p)
{
    qp_shards *s = p->shards;
    const qp_shard *whole = &s->list.shard[p->number];
    int64_t rows = qp_batch_rows_before(whole->batch, whole->end) - qp_batch_rows_before(whole->batch, whole->first);
    const int sequences = whole->end - whole->first;
    const int most = qp_shards_piece_rows(s->function, s->bf16 && s->mode == QP_TRAIN);
    const int pieces = s->function->whole ? 1 : qp_shard_pieces(rows, sequences, most);
    uint64_t key = qp_random_key(s->key, (uint64_t)p->number);
    s->loss[p->number] = 0;
    if (p->gradient) qp_gradient_begin(p->gradient, s->params);
    if (p->gradient && p->worker->watch) qp_bucket_watch_begin(p->worker->watch, p->number, p->block);
    for (int k = 1, from = whole->first; k <= pieces; k++) {
        int end = qp_shard_cut_end(whole->batch, whole->first, whole->end, pieces, k, from);
        if (!run_piece(p, (qp_shard){whole->batch, from, end, whole->weight},
                       k == 1 ? key : qp_random_key(key, (uint64_t)k), k == pieces, &s->loss[p->number])) {
            fail(s, p->number, qp_tape_status(p->worker->tape), qp_tape_message(p->worker->tape));
            return false;
        }
        from = end;
    }
    join(p);
    return true;
}

/* The next shard in order, or -1 if there is none left or one has failed. */
static int take_shard(qp_shards *s)
{
    omp_set_lock(&s->lock);
    int number = s->next < s->end && s->failed_shard == INT_MAX ? s->next++ : -1;
    omp_unset_lock(&s->lock);
    return number;
}

/* A worker takes its block before its shard, so the shards begun are always the first ones and few blocks wait for
 * siblings (otherwise qp_gradient_tree_take could wait forever). */
static bool take_work(qp_shards *s, int *block, int *number)
{
    *number = *block = -1;
    omp_set_lock(&s->lock);
    bool left = s->next < s->end && s->failed_shard == INT_MAX;
    omp_unset_lock(&s->lock);
    if (!left) return false;
    if (s->mode == QP_TRAIN) *block = qp_gradient_tree_take(s->tree);
    *number = take_shard(s);
    if (*number >= 0 && s->mode == QP_TRAIN && *block < 0)
        fail(s, *number, QP_EMEMORY, "training: out of memory for gradients; use a smaller model or fewer threads");
    if (*number < 0 && *block >= 0) qp_gradient_tree_drop(s->tree, *block);
    return *number >= 0 && (*block >= 0 || s->mode == QP_INFER);
}

/* Once for each worker, even if no shard is left for it: pins it to a core, and runs a first product, which allocates
 * the thread's memory for products. */
static void start_worker(worker *me, int index, int threads)
{
    qp_real one = 1, product;
    qp_threads_pin(&me->pin, index, threads);
    qp_matrix factor = qp_matrix_dense(&one, 1, 1);
    qp_gemm(QP_AB, 1, factor, factor, 0, qp_matrix_dense(&product, 1, 1));
    me->started = true;
}

static void work(void *self, int index)
{
    qp_shards *s = self;
    int block, number;
    worker *me = &s->worker[index];
    qp_cpu_flush_subnormals();
    if (!me->started) start_worker(me, index, s->threads);
    while (index < s->drivers && take_work(s, &block, &number)) {
        pass p = {.shards = s, .worker = me, .number = number, .block = block};
        if (block >= 0) p.gradient = qp_gradient_tree_at(s->tree, block);
        if (!run_shard(&p) && block >= 0) qp_gradient_tree_drop(s->tree, block);
    }
}

/* Sum of the shards' losses, in the order of the gradient tree. */
static double sum_losses(double *loss, int count)
{
    for (; count > 1; count = (count + 1) / 2)
        for (int i = 0; i < count; i += 2) loss[i / 2] = i + 1 < count ? loss[i] + loss[i + 1] : loss[i];
    return loss[0];
}

/* Threads without a shard help those that have one, unless there is little to do. */
static int team_threads(const qp_shards *s, const qp_shards_result *result)
{
    const double rows = (double)(result->source_rows + result->target_rows);
    return rows * (double)qp_params_size(s->params) < LITTLE_WORK ? s->drivers : s->threads;
}

/* Cuts the batches, and deals the shards to the ranks. */
static qp_status cut(qp_shards *s, const qp_batch *batch, int count, qp_shards_result *result)
{
    QP_TRY(qp_shard_list_cut(&s->list, batch, count, s->shard_rows, s->function->whole));
    if (s->losses < s->list.capacity) {
        free(s->loss);
        s->loss = malloc((size_t)s->list.capacity * sizeof *s->loss);
        s->losses = s->loss ? s->list.capacity : 0;
        if (!s->loss) return out_of_memory();
    }
    if (s->batch_mean) qp_shard_list_weight_batches(&s->list, count);
    result->shards = s->list.count;
    result->source_rows = s->list.source_rows;
    result->target_rows = s->list.target_rows;
    s->first = qp_cluster_share(s->cluster, s->list.count, qp_cluster_rank(s->cluster));
    s->end = qp_cluster_share(s->cluster, s->list.count, qp_cluster_rank(s->cluster) + 1);
    return QP_OK;
}

/* This rank's shards, on all threads. */
static qp_status run_shards(qp_shards *s, const qp_shards_result *result)
{
    int own = s->end - s->first;
    s->next = s->first;
    s->failed_shard = INT_MAX;
    s->drivers = s->threads < own ? s->threads : own;
    if (s->mode == QP_TRAIN) QP_TRY(qp_gradient_tree_begin(s->tree, s->list.count, s->first, s->end, s->drivers));
    if (own > 0) qp_team_run(team_threads(s, result), &(qp_team_work){s, work});
    return s->failed_shard == INT_MAX ? QP_OK : qp_fail(s->status, "%s", s->message);
}

static qp_status run(qp_shards *s, const qp_loss_function *function, const qp_batch *batch, int count, qp_mode mode,
                     uint64_t key, qp_shards_result *result)
{
    *result = (qp_shards_result){0};
    s->function = function;
    QP_TRY(cut(s, batch, count, result));
    s->mode = mode;
    s->key = key;
    s->scale = (qp_real)(1.0 / (double)result->target_rows);
    if (s->exchange && mode == QP_TRAIN) QP_TRY(qp_gradient_exchange_begin(s->exchange, s->list.count));
    qp_status status = run_shards(s, result);
    if (s->exchange && mode == QP_TRAIN)
        status = qp_gradient_exchange_end(s->exchange, status, result->gradient, &result->gradient_count);
    else
        status = qp_cluster_agree(s->cluster, status);
    QP_TRY(status);
    if (s->cluster) QP_TRY(qp_shard_ranks_gather(s->cluster, &s->list, s->loss));
    result->loss = sum_losses(s->loss, s->list.count);
    if (!s->exchange && mode == QP_TRAIN) result->gradient_count = qp_gradient_tree_result(s->tree, result->gradient);
    return QP_OK;
}

qp_status qp_shards_run(qp_shards *s, const qp_loss_function *function, const qp_batch *batch, int count, uint64_t key,
                        qp_shards_result *result)
{
    return run(s, function, batch, count, QP_TRAIN, key, result);
}

qp_status qp_shards_evaluate(qp_shards *s, const qp_loss_function *function, const qp_batch *batch, int count,
                             qp_shards_result *result)
{
    return run(s, function, batch, count, QP_INFER, 0, result);
}

int qp_shards_threads(const qp_shards *s) { return s->threads; }

int qp_shards_blocks(const qp_shards *s) { return qp_gradient_tree_blocks(s->tree); }

size_t qp_shards_bytes(const qp_shards *s)
{
    size_t bytes = (size_t)qp_gradient_tree_blocks(s->tree) * qp_params_size(s->params) * sizeof(qp_real);
    bytes += qp_gradient_exchange_bytes(s->exchange);
    for (int i = 0; i < s->threads; i++) bytes += qp_tape_peak_bytes(s->worker[i].tape);
    return bytes;
}
