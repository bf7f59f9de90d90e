#include "lib/train/gradient_exchange.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/half.h"
#include "lib/tensor/pointwise.h"

/* Slices begin at multiples of this many reals. */
enum { SLICE_UNIT = 16, BUCKETS_MAX = 1000 };

/* A root of the tree, of any rank. */
typedef struct {
    int rank, leaf;
    qp_real *sum;   /* own: the block; others: this rank's slices, one after the other */
    uint16_t *half; /* the same in the form that travels; NULL: fp32 */
} root;

struct qp_gradient_exchange {
    const qp_params *params;
    qp_gradient_exchange_options options;
    qp_gradient_tree *tree;
    int rank, ranks;
    int blocks;         /* of the result: 1, or 2 with statistics */
    qp_real *result[2]; /* whole blocks */
    size_t *start;      /* [buckets * ranks + 1] bytes at which the slices begin */
    size_t *bucket;     /* [buckets+1] reals at which the buckets begin */
    size_t *own;        /* [buckets+1] reals of this rank's slices before this one */
    int *missing;       /* [buckets] own roots that do not have it yet */
    bool *sent;         /* [buckets] */
    int leaves, most_leaves;
    root *root; /* of all ranks, [roots] */
    int roots, own_roots;
    int *at_leaf;      /* [leaves] the root that begins there, or -1 */
    qp_real *received; /* slices of the other ranks' roots */
    uint16_t *halves;  /* bf16: blocks of own roots, then slices of the others */
    size_t received_reals, half_count;
    qp_message *message;
    qp_status status; /* of sending */
    omp_lock_t lock;  /* guards what follows from a ready bucket, and the messages */
};

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

static size_t slice_begin(const qp_gradient_exchange *e, int bucket, int rank)
{
    return e->start[bucket * e->ranks + rank] / sizeof(qp_real);
}

static size_t slice_count(const qp_gradient_exchange *e, int bucket, int rank)
{
    return slice_begin(e, bucket, rank + 1) - slice_begin(e, bucket, rank);
}

static void cut_slices(qp_gradient_exchange *e)
{
    size_t slices = (size_t)e->options.buckets * (size_t)e->ranks, size = qp_params_size(e->params);
    for (size_t i = 0; i <= slices; i++)
        e->start[i] = e->options.parts ? e->options.parts[i]
                                       : size / SLICE_UNIT * i / slices * SLICE_UNIT * sizeof(qp_real);
    e->start[slices] = size * sizeof(qp_real);
    e->own[0] = 0;
    for (int b = 0; b < e->options.buckets; b++) {
        e->bucket[b] = slice_begin(e, b, 0);
        size_t n = slice_count(e, b, e->rank);
        e->own[b + 1] = e->own[b] + (n + SLICE_UNIT - 1) / SLICE_UNIT * SLICE_UNIT;
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
    size_t buckets = (size_t)options->buckets;
    e->start = malloc((buckets * (size_t)e->ranks + 1) * sizeof *e->start);
    e->bucket = malloc((buckets + 1) * sizeof *e->bucket);
    e->own = malloc((buckets + 1) * sizeof *e->own);
    e->missing = malloc(buckets * sizeof *e->missing);
    e->sent = malloc(buckets * sizeof *e->sent);
    bool ready = e->start && e->bucket && e->own && e->missing && e->sent;
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

const size_t *qp_gradient_exchange_bucket(const qp_gradient_exchange *e) { return e->bucket; }

size_t qp_gradient_exchange_bytes(const qp_gradient_exchange *e)
{
    if (!e) return 0;
    return ((size_t)e->blocks * qp_params_size(e->params) + e->received_reals) * sizeof(qp_real) +
           e->half_count * sizeof *e->halves;
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
            e->root[e->roots++] = (root){.rank = r, .leaf = leaf};
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
    if (halves && !make_room(&e->halves, &e->half_count, own * block + others * slices, sizeof *e->halves))
        return false;
    qp_real *next = e->received;
    uint16_t *half = e->halves;
    for (int i = 0; i < e->roots; i++) {
        root *r = &e->root[i];
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

static qp_message message_of(int rank, bool send, const root *r, size_t at, size_t n)
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
                                                 slice_count(e, b, e->rank));
        QP_TRY(qp_cluster_start(e->options.cluster, 1 + b, e->message, count));
    }
    return QP_OK;
}

static void pack(uint16_t *half, const qp_real *value, size_t n)
{
    for (size_t i = 0; i < n; i++) half[i] = qp_bfloat_of((float)value[i]);
}

/* Every slice of a bucket of this rank's roots to its owner. */
static qp_status send_bucket(qp_gradient_exchange *e, int b)
{
    int count = 0;
    e->sent[b] = true;
    for (int step = 1; step < e->ranks; step++) /* not all to rank 0 first */
        for (int i = 0, to = (e->rank + step) % e->ranks; i < e->roots; i++)
            if (e->root[i].rank == e->rank)
                e->message[count++] = message_of(to, true, &e->root[i], slice_begin(e, b, to), slice_count(e, b, to));
    return qp_cluster_start(e->options.cluster, 1 + b, e->message, count);
}

static void on_root(void *self, int leaf, int b)
{
    qp_gradient_exchange *e = self;
    root *r = &e->root[e->at_leaf[leaf]];
    const qp_real *sum = qp_gradient_tree_root(e->tree, leaf);
    if (r->half) pack(r->half + e->bucket[b], sum + e->bucket[b], e->bucket[b + 1] - e->bucket[b]);
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
    bool more = leaves > e->most_leaves; /* the only time that a rank may run out of memory; equal on all ranks */
    qp_status status = grow(e, leaves);
    e->leaves = leaves;
    e->status = QP_OK;
    if (status == QP_OK) list_roots(e);
    if (status == QP_OK && !place_roots(e)) status = out_of_memory();
    if (more) status = qp_cluster_agree(e->options.cluster, status);
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

/* ---- sums ---- */

/* n reals from `at` of this rank's slice of bucket b. */
static qp_real *slice_of(const qp_gradient_exchange *e, const root *r, int b, size_t at)
{
    return r->sum + (r->rank == e->rank ? slice_begin(e, b, e->rank) : e->own[b]) + at;
}

/* Some elements of this rank's slice of a bucket. */
typedef struct {
    const qp_gradient_exchange *exchange;
    int bucket;
    size_t at, n;
} band;

/* Their sum over leaves first .. first + 2^level - 1; overwrites the leftmost root. */
static qp_real *sum_node(const band *s, int first, int level)
{
    const qp_gradient_exchange *e = s->exchange;
    int begun = e->at_leaf[first], half = first + (1 << level) / 2, end = first + (1 << level);
    int next = begun + 1 < e->roots ? e->root[begun + 1].leaf : e->leaves;
    if (next >= end || next == e->leaves) return slice_of(e, &e->root[begun], s->bucket, s->at);
    qp_real *left = sum_node(s, first, level - 1);
    if (half < e->leaves) qp_gradient_tree_add(e->options.type, s->n, sum_node(s, half, level - 1), left);
    return left;
}

static void unpack(const band *s)
{
    const qp_gradient_exchange *e = s->exchange;
    for (int i = 0; i < e->roots; i++) {
        const root *r = &e->root[i];
        const size_t from = e->own[s->bucket] + s->at;
        for (size_t k = 0; r->rank != e->rank && k < s->n; k++)
            r->sum[from + k] = qp_bfloat_to_float(r->half[from + k]);
    }
}

static void sum_band(const band *s)
{
    const qp_gradient_exchange *e = s->exchange;
    int level = qp_gradient_tree_top_level(e->leaves, e->options.type);
    size_t to = slice_begin(e, s->bucket, e->rank) + s->at;
    if (e->options.type == QP_GRADIENT_BF16) unpack(s);
    memcpy(e->result[0] + to, sum_node(s, 0, level), s->n * sizeof(qp_real));
    if (1 << level >= e->leaves) return;
    const qp_real *other = sum_node(s, 1 << level, level);
    if (e->blocks == 2)
        memcpy(e->result[1] + to, other, s->n * sizeof(qp_real));
    else
        qp_scale_add(s->n, 1, other, 1, e->result[0] + to);
}

/* Adds this rank's slices of the tree; threads take parts of each. */
static void sum_slices(qp_gradient_exchange *e)
{
    int threads = e->options.threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < e->options.buckets * threads; i++) {
        int b = i / threads, part = i % threads;
        size_t n = slice_count(e, b, e->rank), units = (n + SLICE_UNIT - 1) / SLICE_UNIT;
        size_t first = units * (size_t)part / (size_t)threads * SLICE_UNIT;
        size_t end = units * (size_t)(part + 1) / (size_t)threads * SLICE_UNIT;
        if (end > n) end = n;
        if (first < end) sum_band(&(band){e, b, first, end - first});
    }
}

/* The sums of all ranks, to all. Those of bf16 travel in the memory of the roots, which nobody reads any more. */
static qp_status gather_sums(qp_gradient_exchange *e, int count)
{
    int buckets = e->options.buckets;
    size_t size = qp_params_size(e->params);
    for (int i = 0; e->options.type == QP_GRADIENT_FP32 && i < count; i++)
        QP_TRY(qp_cluster_gather(e->options.cluster, e->start, buckets, e->result[i]));
    if (e->options.type == QP_GRADIENT_FP32) return QP_OK;
    size_t slices = (size_t)buckets * (size_t)e->ranks, *start = malloc((slices + 1) * sizeof *start);
    bool ready = start && make_room(&e->halves, &e->half_count, size, sizeof *e->halves);
    qp_status status = qp_cluster_agree(e->options.cluster, ready ? QP_OK : out_of_memory());
    if (status == QP_OK) {
        for (size_t i = 0; i <= slices; i++) start[i] = e->start[i] / sizeof(qp_real) * sizeof *e->halves;
        for (int b = 0; b < buckets; b++) {
            size_t at = slice_begin(e, b, e->rank);
            pack(e->halves + at, e->result[0] + at, slice_count(e, b, e->rank));
        }
        status = qp_cluster_gather(e->options.cluster, start, buckets, e->halves);
        for (size_t i = 0; i < size; i++) e->result[0][i] = qp_bfloat_to_float(e->halves[i]);
    }
    free(start);
    return status;
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
    sum_slices(e);
    *count = e->leaves > 1 ? e->blocks : 1;
    if (!e->options.parts) QP_TRY(gather_sums(e, *count));
    for (int i = 0; i < *count; i++) gradient[i] = e->result[i];
    return QP_OK;
}
