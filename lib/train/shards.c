#include "lib/train/shards.h"

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
#include "lib/train/gradient_exchange.h"
#include "lib/train/shard_cut.h"

/* Rows times parameters of an update that takes less than about a millisecond. */
#define LITTLE_WORK 5e6

typedef struct {
    qp_tape *tape;
    qp_pin pin;
    bool started;
    qp_tape_use *use; /* [parameters] of the watched pass; NULL: a process alone */
    int *missing;     /* [buckets] parameters whose gradients are not complete; -1: it has joined the tree */
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
    int type, buckets;              /* of the gradient */
    qp_shard *shard;                /* those of the current update */
    double *loss;
    int count, capacity;
    int first, end; /* those that this rank runs */
    /* of the current call */
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

int qp_shards_count(int64_t rows, int sequences, int64_t shard_rows)
{
    if (shard_rows <= 0) shard_rows = QP_SHARD_ROWS;
    int count = rows >= QP_SHARD_SPLIT_ROWS ? 2 : 1;
    while (count < QP_SHARDS_MAX && 2 * (int64_t)count * shard_rows <= rows) count *= 2;
    while (count > 1 && count > sequences) count /= 2;
    return count;
}

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
    s->buckets = 1;
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
    s->buckets = buckets;
    for (int i = 0; i < s->threads; i++) {
        s->worker[i].use = malloc(((size_t)qp_params_count(s->params) + 1) * sizeof *s->worker[i].use);
        s->worker[i].missing = malloc((size_t)buckets * sizeof *s->worker[i].missing);
        if (!s->worker[i].use || !s->worker[i].missing) return out_of_memory();
    }
    const qp_gradient_exchange_options options = {cluster, s->threads, s->type, buckets, parts};
    return qp_gradient_exchange_new(s->params, &options, s->tree, &s->exchange);
}

void qp_shards_free(qp_shards *s)
{
    if (!s) return;
    if (s->worker) {
#pragma omp parallel num_threads(s->threads)
        qp_threads_unpin(&s->worker[omp_get_thread_num()].pin);
        for (int i = 0; i < s->threads; i++) {
            qp_tape_free(s->worker[i].tape);
            free(s->worker[i].use);
            free(s->worker[i].missing);
        }
    }
    omp_destroy_lock(&s->lock);
    qp_gradient_tree_free(s->tree);
    qp_gradient_exchange_free(s->exchange);
    free(s->worker);
    free(s->shard);
    free(s->loss);
    free(s);
}

/* ---- cutting ---- */

static void cut_batch(qp_shards *s, const qp_batch *batch, int shards)
{
    int sequences = batch->target.sequences.count;
    for (int k = 1, from = 0; k <= shards; k++) {
        int end = qp_shard_cut_end(batch, 0, sequences, shards, k, from);
        s->shard[s->count++] = (qp_shard){batch, from, end, 1};
        from = end;
    }
}

static qp_status cut(qp_shards *s, const qp_batch *batch, int count, qp_shards_result *result)
{
    int most = count * QP_SHARDS_MAX;
    if (most > s->capacity) {
        free(s->shard);
        free(s->loss);
        s->shard = malloc((size_t)most * sizeof *s->shard);
        s->loss = malloc((size_t)most * sizeof *s->loss);
        s->capacity = s->shard && s->loss ? most : 0;
        if (!s->capacity) return out_of_memory();
    }
    s->count = 0;
    for (int i = 0; i < count; i++) {
        QP_TRY(qp_shard_check(&batch[i]));
        int sequences = batch[i].target.sequences.count;
        result->target_rows += qp_rows_before(batch[i].target.sequences, sequences);
        if (batch[i].source.sequences.count)
            result->source_rows += qp_rows_before(batch[i].source.sequences, sequences);
        int64_t rows = qp_batch_rows_before(&batch[i], sequences);
        cut_batch(s, &batch[i], s->function->whole ? 1 : qp_shards_count(rows, sequences, s->shard_rows));
    }
    return QP_OK;
}

/* Weights all batches equally, whatever their rows. */
static void weight_batches(qp_shards *s, int count, int64_t all_rows)
{
    for (int i = 0; i < s->count; i++) {
        qp_sequences target = s->shard[i].batch->target.sequences;
        s->shard[i].weight =
            (qp_real)((double)all_rows / ((double)count * (double)qp_rows_before(target, target.count)));
    }
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
    qp_tape_watcher watcher;
} pass;

/* ---- buckets: complete parts of a gradient leave while layers below compute ---- */

/* The buckets that hold parameter `index` are first .. *last. */
static int buckets_of(const qp_shards *s, int index, int *last)
{
    const size_t *bucket = qp_gradient_exchange_bucket(s->exchange);
    const qp_parameter *p = qp_params_at(s->params, index);
    size_t end = p->offset + (size_t)p->rows * (size_t)p->columns;
    int first = 0;
    while (first + 1 < s->buckets && bucket[first + 1] <= p->offset) first++;
    for (*last = first; *last + 1 < s->buckets && bucket[*last + 1] < end;) ++*last;
    return first;
}

/* Parameters without a gradient have zeros. */
static void join_bucket(pass *p, int bucket)
{
    const qp_shards *s = p->shards;
    int last;
    for (int i = 0; i < qp_params_count(s->params); i++)
        if (buckets_of(s, i, &last) <= bucket && last >= bucket) qp_gradient_clear(p->gradient, i);
    p->worker->missing[bucket] = -1;
    qp_gradient_tree_join(s->tree, p->number, p->block, bucket);
}

static void parameter_done(void *self, int index)
{
    pass *p = self;
    int last;
    for (int b = buckets_of(p->shards, index, &last); b <= last; b++)
        if (--p->worker->missing[b] == 0) join_bucket(p, b);
    qp_gradient_exchange_poll(p->shards->exchange);
}

/* Before the backward pass of the last piece: what it will complete. */
static void count_missing(pass *p)
{
    const qp_shards *s = p->shards;
    int last;
    memset(p->worker->missing, 0, (size_t)s->buckets * sizeof *p->worker->missing);
    for (int i = 0; i < qp_params_count(s->params); i++)
        for (int b = buckets_of(s, i, &last); p->gradient->node[i].used && b <= last; b++) p->worker->missing[b]++;
}

/* ---- one shard, continued ---- */

/* Forward and, when training, backward of some sequences; *sum += their loss. Sequences without a target row
 * (of a masked language model) add nothing. */
static bool run_piece(pass *p, qp_shard piece, uint64_t key, bool last, double *sum)
{
    qp_shards *s = p->shards;
    qp_tape *tape = p->worker->tape;
    qp_sequences target = piece.batch->target.sequences;
    bool watched = last && p->gradient && s->exchange;
    qp_tape_begin(tape, s->mode, key);
    if (watched) memset(p->worker->missing, 0, (size_t)s->buckets * sizeof *p->worker->missing);
    if (target.start[piece.end] == target.start[piece.first]) return true;
    if (p->gradient) {
        qp_tape_bind(tape, p->gradient->node);
        qp_tape_expect_scale(tape, s->scale * piece.weight);
        if (s->bf16) qp_tape_use_bf16(tape);
    }
    if (watched) qp_tape_watch(tape, &p->watcher);
    qp_batch view = qp_shard_view(tape, &piece);
    qp_tensor loss = qp_tape_failed(tape) ? (qp_tensor){0} : s->function->loss(s->function->self, tape, &view);
    if (!qp_tape_failed(tape) && (loss.rows != 1 || loss.columns != 1))
        loss = qp_tape_fail(tape, QP_ESHAPE, "training: a loss of %d x %d values; it must be one", loss.rows,
                            loss.columns);
    if (qp_tape_failed(tape)) return false;
    *sum += (double)(loss.value[0] * piece.weight); /* before backward, which may reuse the memory */
    if (watched) count_missing(p);
    return !p->gradient || qp_tape_backward(tape, loss, s->scale * piece.weight) == QP_OK;
}

/* After the last piece: the buckets that no parameter completed. */
static void join_rest(pass *p)
{
    if (!p->gradient) return;
    if (!p->shards->exchange) {
        qp_gradient_finish(p->gradient, p->shards->params);
        qp_gradient_tree_join(p->shards->tree, p->number, p->block, 0);
        return;
    }
    for (int b = 0; b < p->shards->buckets; b++)
        if (p->worker->missing[b] >= 0) join_bucket(p, b);
}

/* The pieces of a shard in turn, into the same gradient, which then joins the tree. */
static bool run_shard(pass *p)
{
    qp_shards *s = p->shards;
    const qp_shard *whole = &s->shard[p->number];
    int64_t rows = qp_batch_rows_before(whole->batch, whole->end) - qp_batch_rows_before(whole->batch, whole->first);
    int pieces = (int)((rows + QP_PIECE_ROWS - 1) / QP_PIECE_ROWS), sequences = whole->end - whole->first;
    if (pieces > sequences) pieces = sequences;
    if (s->function->whole) pieces = 1;
    uint64_t key = qp_random_key(s->key, (uint64_t)p->number);
    s->loss[p->number] = 0;
    if (p->gradient) qp_gradient_begin(p->gradient, s->params);
    for (int k = 1, from = whole->first; k <= pieces; k++) {
        int end = qp_shard_cut_end(whole->batch, whole->first, whole->end, pieces, k, from);
        if (!run_piece(p, (qp_shard){whole->batch, from, end, whole->weight},
                       k == 1 ? key : qp_random_key(key, (uint64_t)k), k == pieces, &s->loss[p->number])) {
            fail(s, p->number, qp_tape_status(p->worker->tape), qp_tape_message(p->worker->tape));
            return false;
        }
        from = end;
    }
    join_rest(p);
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
        p.watcher = (qp_tape_watcher){&p, parameter_done, me->use};
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

/* The losses of all ranks' shards, and the rows of state that their sequences carry to the next batch. */
static qp_status gather(qp_shards *s)
{
    int ranks = qp_cluster_ranks(s->cluster);
    size_t *losses = malloc(((size_t)ranks + 1) * sizeof *losses), *rows = malloc(((size_t)ranks + 1) * sizeof *rows);
    const qp_batch_carry *carry = &s->shard[0].batch->carry;
    qp_status status = losses && rows ? QP_OK : out_of_memory();
    for (int r = 0; status == QP_OK && r <= ranks; r++) {
        int shard_first = qp_cluster_share(s->cluster, s->count, r);
        int sequence = shard_first < s->count ? s->shard[shard_first].first : s->shard[s->count - 1].end;
        losses[r] = (size_t)shard_first * sizeof *s->loss;
        rows[r] = (size_t)sequence * (size_t)carry->width * sizeof *carry->row;
    }
    status = qp_cluster_agree(s->cluster, status);
    if (status == QP_OK) status = qp_cluster_gather(s->cluster, losses, 1, s->loss);
    if (status == QP_OK && carry->row) status = qp_cluster_gather(s->cluster, rows, 1, carry->row);
    free(losses);
    free(rows);
    return status;
}

/* This rank's shards, on all threads. */
static qp_status run_shards(qp_shards *s, const qp_shards_result *result)
{
    int own = s->end - s->first;
    s->next = s->first;
    s->failed_shard = INT_MAX;
    s->drivers = s->threads < own ? s->threads : own;
    if (s->mode == QP_TRAIN) QP_TRY(qp_gradient_tree_begin(s->tree, s->count, s->first, s->end, s->drivers));
    if (own > 0) qp_team_run(team_threads(s, result), &(qp_team_work){s, work});
    return s->failed_shard == INT_MAX ? QP_OK : qp_fail(s->status, "%s", s->message);
}

static qp_status run(qp_shards *s, const qp_loss_function *function, const qp_batch *batch, int count, qp_mode mode,
                     uint64_t key, qp_shards_result *result)
{
    *result = (qp_shards_result){0};
    s->function = function;
    QP_TRY(cut(s, batch, count, result));
    result->shards = s->count;
    if (s->batch_mean) weight_batches(s, count, result->target_rows);
    s->mode = mode;
    s->key = key;
    s->scale = (qp_real)(1.0 / (double)result->target_rows);
    s->first = qp_cluster_share(s->cluster, s->count, qp_cluster_rank(s->cluster));
    s->end = qp_cluster_share(s->cluster, s->count, qp_cluster_rank(s->cluster) + 1);
    if (s->exchange && mode == QP_TRAIN) QP_TRY(qp_gradient_exchange_begin(s->exchange, s->count));
    qp_status status = run_shards(s, result);
    if (s->exchange && mode == QP_TRAIN)
        status = qp_gradient_exchange_end(s->exchange, status, result->gradient, &result->gradient_count);
    else
        status = qp_cluster_agree(s->cluster, status);
    QP_TRY(status);
    if (s->cluster) QP_TRY(gather(s));
    result->loss = sum_losses(s->loss, s->count);
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
