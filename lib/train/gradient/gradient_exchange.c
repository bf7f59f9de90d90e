#include "lib/train/gradient/gradient_exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/train/gradient/gradient_exchange_internal.h"

enum { BUCKETS_MAX = 1000 };

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "training: out of memory for the gradients of other ranks; use a smaller model");
}

int qp_gradient_buckets(size_t reals, double megabytes)
{
    double buckets = ceil((double)reals * sizeof(qp_real) / (megabytes * 1e6));
    return buckets < 1 ? 1 : buckets > BUCKETS_MAX ? BUCKETS_MAX : (int)buckets;
}

static bool has_statistics(const qp_params *params)
{
    for (int i = 0; i < qp_params_count(params); i++)
        if (qp_params_at(params, i)->keep != 0) return true;
    return false;
}

static void cut_slices(qp_gradient_exchange *e)
{
    size_t slices = (size_t)e->options.buckets * (size_t)e->ranks, size = qp_params_size(e->params);
    for (size_t i = 0; i <= slices; i++)
        e->start[i] = e->options.parts ? e->options.parts[i]
                                       : size / QP_SLICE_UNIT * i / slices * QP_SLICE_UNIT * sizeof(qp_real);
    e->start[slices] = size * sizeof(qp_real);
    for (size_t i = 0; i <= slices; i++) e->half_start[i] = e->start[i] / sizeof(qp_real) * sizeof *e->halves;
    e->own[0] = 0;
    for (int b = 0; b < e->options.buckets; b++) {
        e->bucket[b] = qp_slice_begin(e, b, 0);
        size_t n = qp_slice_count(e, b, e->rank);
        e->own[b + 1] = e->own[b] + (n + QP_SLICE_UNIT - 1) / QP_SLICE_UNIT * QP_SLICE_UNIT;
    }
    e->bucket[e->options.buckets] = size;
}

static void on_root(void *self, int leaf, int bucket);

qp_status qp_gradient_exchange_new(const qp_params *params, const qp_gradient_exchange_options *options,
                                   qp_gradient_tree *tree, qp_gradient_exchange **exchange)
{
    *exchange = NULL;
    qp_gradient_exchange *e = calloc(1, sizeof *e);
    if (!e) return out_of_memory();
    *e = (qp_gradient_exchange){.params = params, .options = *options, .tree = tree};
    omp_init_lock(&e->lock);
    e->rank = qp_cluster_rank(options->cluster);
    e->ranks = qp_cluster_ranks(options->cluster);
    e->blocks = has_statistics(params) && options->type == QP_GRADIENT_FP32 ? 2 : 1;
    size_t buckets = (size_t)options->buckets, slices = buckets * (size_t)e->ranks;
    e->start = malloc((slices + 1) * sizeof *e->start);
    e->half_start = malloc((slices + 1) * sizeof *e->half_start);
    e->bucket = malloc((buckets + 1) * sizeof *e->bucket);
    e->own = malloc((buckets + 1) * sizeof *e->own);
    e->missing = malloc(buckets * sizeof *e->missing);
    e->sent = malloc(buckets * sizeof *e->sent);
    bool ready = e->start && e->half_start && e->bucket && e->own && e->missing && e->sent;
    for (int i = 0; ready && i < e->blocks; i++)
        ready = posix_memalign((void **)&e->result[i], 64, qp_params_size(params) * sizeof(qp_real) + 64) == 0;
    if (!ready) {
        qp_gradient_exchange_free(e);
        return out_of_memory();
    }
    cut_slices(e);
    qp_gradient_tree_cut(tree, e->bucket, options->buckets, (qp_gradient_ready){e, on_root});
    *exchange = e;
    return QP_OK;
}

void qp_gradient_exchange_free(qp_gradient_exchange *e)
{
    if (!e) return;
    for (int i = 0; i < 2; i++) free(e->result[i]);
    omp_destroy_lock(&e->lock);
    free(e->start);
    free(e->half_start);
    free(e->bucket);
    free(e->own);
    free(e->missing);
    free(e->sent);
    free(e->root);
    free(e->at_leaf);
    free(e->received);
    free(e->halves);
    free(e->message);
    free(e);
}

int qp_gradient_exchange_buckets(const qp_gradient_exchange *e) { return e->options.buckets; }

const size_t *qp_gradient_exchange_bucket(const qp_gradient_exchange *e) { return e->bucket; }

size_t qp_gradient_exchange_bytes(const qp_gradient_exchange *e)
{
    if (!e) return 0;
    return ((size_t)e->blocks * qp_params_size(e->params) + e->received_reals) * sizeof(qp_real) +
           e->half_count * sizeof *e->halves;
}

static int roots_of(const qp_gradient_exchange_options *o, int leaves, int rank)
{
    int leaf = qp_cluster_share(o->cluster, leaves, rank), end = qp_cluster_share(o->cluster, leaves, rank + 1), roots;
    for (roots = 0; leaf < end; roots++) leaf = qp_gradient_tree_root_end(leaves, leaf, end, o->type);
    return roots;
}

double qp_gradient_exchange_need(const qp_gradient_exchange_options *o, int leaves)
{
    int ranks = qp_cluster_ranks(o->cluster), all = 0;
    double most = 0;
    if (ranks == 1) return 0;
    for (int r = 0; r < ranks; r++) all += roots_of(o, leaves, r);
    for (int r = 0; r < ranks; r++) {
        int own = roots_of(o, leaves, r);
        double received = (double)(all - own) / ranks, need = received + (o->parts ? 1.0 / ranks : 1);
        if (o->type == QP_GRADIENT_BF16) need += (received + (own ? own : 1)) / 2;
        if (need > most) most = need;
    }
    return most;
}

/* ---- roots ---- */

/* Lists the roots of all ranks, in the order of their leaves. */
static void list_roots(qp_gradient_exchange *e)
{
    e->roots = e->own_roots = 0;
    for (int leaf = 0; leaf < e->leaves; leaf++) e->at_leaf[leaf] = -1;
    for (int r = 0; r < e->ranks; r++) {
        int leaf = qp_cluster_share(e->options.cluster, e->leaves, r);
        int end = qp_cluster_share(e->options.cluster, e->leaves, r + 1);
        for (; leaf < end; leaf = qp_gradient_tree_root_end(e->leaves, leaf, end, e->options.type)) {
            e->at_leaf[leaf] = e->roots;
            e->root[e->roots++] = (qp_gradient_root){.rank = r, .leaf = leaf};
            e->own_roots += r == e->rank;
        }
    }
}

/* Memory for what is sent and received; old contents are lost. */
static bool make_room(void *list, size_t *capacity, size_t count, size_t size)
{
    void **memory = list;
    if (count <= *capacity) return true;
    free(*memory);
    *capacity = 0;
    if (posix_memalign(memory, 64, count * size)) *memory = NULL;
    if (*memory) *capacity = count;
    return *memory != NULL;
}

/* Where the roots of this update go. */
static bool place_roots(qp_gradient_exchange *e)
{
    size_t slices = e->own[e->options.buckets], block = qp_params_size(e->params);
    size_t others = (size_t)(e->roots - e->own_roots), own = (size_t)e->own_roots;
    bool halves = e->options.type == QP_GRADIENT_BF16;
    if (others && !make_room(&e->received, &e->received_reals, others * slices, sizeof *e->received)) return false;
    size_t count = (own ? own : 1) * block + others * slices; /* the sum of all needs a block too */
    if (halves && !make_room(&e->halves, &e->half_count, count, sizeof *e->halves)) return false;
    qp_real *next = e->received;
    uint16_t *half = e->halves;
    for (int i = 0; i < e->roots; i++) {
        qp_gradient_root *r = &e->root[i];
        bool mine = r->rank == e->rank;
        r->sum = mine ? NULL : next;
        r->half = halves ? half : NULL;
        next += mine ? 0 : slices;
        if (halves) half += mine ? block : slices;
    }
    return true;
}

/* Lists for an update of more shards than before. */
static qp_status grow(qp_gradient_exchange *e, int leaves)
{
    if (leaves <= e->most_leaves) return QP_OK;
    size_t n = (size_t)leaves;
    free(e->root);
    free(e->at_leaf);
    free(e->message);
    e->root = malloc(n * sizeof *e->root);
    e->at_leaf = malloc(n * sizeof *e->at_leaf);
    e->message = malloc(n * (size_t)e->ranks * sizeof *e->message);
    e->most_leaves = e->root && e->at_leaf && e->message ? leaves : 0;
    return e->most_leaves ? QP_OK : out_of_memory();
}

/* ---- messages ---- */

static qp_message message_of(int rank, bool send, const qp_gradient_root *r, size_t at, size_t n)
{
    if (r->half) return (qp_message){rank, send, r->half + at, n * sizeof *r->half};
    return (qp_message){rank, send, r->sum + at, n * sizeof *r->sum};
}

static qp_status receive_slices(qp_gradient_exchange *e)
{
    for (int b = 0; b < e->options.buckets; b++) {
        int count = 0;
        for (int i = 0; i < e->roots; i++)
            if (e->root[i].rank != e->rank)
                e->message[count++] = message_of(e->root[i].rank, false, &e->root[i], e->own[b],
                                                 qp_slice_count(e, b, e->rank));
        QP_TRY(qp_cluster_start(e->options.cluster, 1 + b, e->message, count));
    }
    return QP_OK;
}

/* Every slice of a bucket of this rank's roots to its owner. */
static qp_status send_bucket(qp_gradient_exchange *e, int b)
{
    int count = 0;
    e->sent[b] = true;
    for (int step = 1; step < e->ranks; step++) /* not all to rank 0 first */
        for (int i = 0, to = (e->rank + step) % e->ranks; i < e->roots; i++)
            if (e->root[i].rank == e->rank)
                e->message[count++] =
                    message_of(to, true, &e->root[i], qp_slice_begin(e, b, to), qp_slice_count(e, b, to));
    return qp_cluster_start(e->options.cluster, 1 + b, e->message, count);
}

static void on_root(void *self, int leaf, int b)
{
    qp_gradient_exchange *e = self;
    qp_gradient_root *r = &e->root[e->at_leaf[leaf]];
    const qp_real *sum = qp_gradient_tree_root(e->tree, leaf);
    if (r->half) qp_gradient_pack(r->half + e->bucket[b], sum + e->bucket[b], e->bucket[b + 1] - e->bucket[b]);
    omp_set_lock(&e->lock);
    r->sum = (qp_real *)sum;
    if (--e->missing[b] == 0 && e->status == QP_OK) e->status = send_bucket(e, b);
    omp_unset_lock(&e->lock);
}

void qp_gradient_exchange_poll(qp_gradient_exchange *e)
{
    if (!omp_test_lock(&e->lock)) return;
    qp_cluster_poll(e->options.cluster);
    omp_unset_lock(&e->lock);
}

qp_status qp_gradient_exchange_begin(qp_gradient_exchange *e, int leaves)
{
    bool other = leaves != e->leaves; /* only then a rank may run out of memory; equal on all ranks */
    qp_status status = grow(e, leaves);
    e->leaves = leaves;
    e->status = QP_OK;
    if (status == QP_OK) list_roots(e);
    if (status == QP_OK && !place_roots(e)) status = out_of_memory();
    if (other) status = qp_cluster_agree(e->options.cluster, status);
    QP_TRY(status);
    for (int b = 0; b < e->options.buckets; b++) {
        e->missing[b] = e->own_roots;
        e->sent[b] = e->own_roots == 0;
    }
    return receive_slices(e);
}

/* Sends what a failed shard did not make ready, so that the messages of all ranks arrive and memory may be freed. */
static qp_status flush(qp_gradient_exchange *e)
{
    for (int i = 0; i < e->roots; i++)
        if (e->root[i].rank == e->rank && !e->root[i].sum) e->root[i].sum = e->result[0];
    for (int b = 0; b < e->options.buckets; b++)
        if (!e->sent[b]) QP_TRY(send_bucket(e, b));
    return QP_OK;
}

qp_status qp_gradient_exchange_end(qp_gradient_exchange *e, qp_status status, const qp_real *gradient[2], int *count)
{
    if (status == QP_OK) status = e->status;
    status = qp_cluster_agree(e->options.cluster, status);
    if (status != QP_OK) {
        char message[512];
        strncpy(message, qp_error_message(), sizeof message - 1);
        message[sizeof message - 1] = '\0';
        if (flush(e) == QP_OK) qp_cluster_finish(e->options.cluster);
        return qp_fail(status, "%s", message);
    }
    qp_cluster_finish(e->options.cluster);
    qp_gradient_sums_add(e);
    *count = e->leaves > 1 ? e->blocks : 1;
    if (!e->options.parts) QP_TRY(qp_gradient_sums_gather(e, *count));
    for (int i = 0; i < *count; i++) gradient[i] = e->result[i];
    return QP_OK;
}
