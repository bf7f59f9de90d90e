#include "lib/train/gradient_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "lib/tensor/pointwise.h"

/* Slices begin at multiples of this many reals. */
enum { SLICE_UNIT = 16 };

/* The slice of a root that this rank adds. */
typedef struct {
    int rank, leaf;
    qp_real *slice;
} root;

struct qp_gradient_exchange {
    const qp_params *params;
    qp_cluster *cluster;
    int threads;
    bool divided;       /* each rank needs its own slice of the sum only */
    int blocks;         /* of the result: 1, or 2 with statistics */
    qp_real *result[2]; /* whole blocks */
    size_t *start;      /* [ranks+1] bytes at which the slices begin */
    root *root;         /* of all ranks, [roots] */
    int roots, root_capacity;
    int *at_leaf; /* [leaves] the root that begins there, or -1 */
    int leaf_capacity;
    qp_real *received; /* slices of the other ranks' roots */
    size_t received_reals;
    qp_message *message;
    int messages, message_capacity;
};

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "training: out of memory for the gradients of other ranks; use a smaller model");
}

static bool has_statistics(const qp_params *params)
{
    for (int i = 0; i < qp_params_count(params); i++)
        if (qp_params_at(params, i)->keep != 0) return true;
    return false;
}

static void cut_slices(qp_gradient_exchange *e, const size_t *parts)
{
    size_t ranks = (size_t)qp_cluster_ranks(e->cluster), size = qp_params_size(e->params);
    if (parts) {
        memcpy(e->start, parts, (ranks + 1) * sizeof *parts);
        return;
    }
    for (size_t r = 0; r < ranks; r++)
        e->start[r] = size / SLICE_UNIT * r / ranks * SLICE_UNIT * sizeof(qp_real);
    e->start[ranks] = size * sizeof(qp_real);
}

qp_status qp_gradient_exchange_new(const qp_params *params, qp_cluster *cluster, int threads,
                                   const size_t *parts, qp_gradient_exchange **exchange)
{
    *exchange = NULL;
    qp_gradient_exchange *e = calloc(1, sizeof *e);
    if (!e) return out_of_memory();
    *e = (qp_gradient_exchange){.params = params, .cluster = cluster, .threads = threads, .divided = parts};
    e->blocks = has_statistics(params) ? 2 : 1;
    e->start = malloc(((size_t)qp_cluster_ranks(cluster) + 1) * sizeof *e->start);
    bool ready = e->start != NULL;
    for (int i = 0; ready && i < e->blocks; i++)
        ready = posix_memalign((void **)&e->result[i], 64, qp_params_size(params) * sizeof(qp_real) + 64) == 0;
    if (!ready) {
        qp_gradient_exchange_free(e);
        return out_of_memory();
    }
    cut_slices(e, parts);
    *exchange = e;
    return QP_OK;
}

void qp_gradient_exchange_free(qp_gradient_exchange *e)
{
    if (!e) return;
    for (int i = 0; i < 2; i++) free(e->result[i]);
    free(e->start);
    free(e->root);
    free(e->at_leaf);
    free(e->received);
    free(e->message);
    free(e);
}

size_t qp_gradient_exchange_bytes(const qp_gradient_exchange *e)
{
    if (!e) return 0;
    return ((size_t)e->blocks * qp_params_size(e->params) + e->received_reals) * sizeof(qp_real);
}

/* ---- roots ---- */

/* Makes room for `count` elements of `size` bytes in *list; the old ones are lost. */
static bool make_room(void *list, int *capacity, int count, size_t size)
{
    void **memory = list;
    if (count <= *capacity) return true;
    free(*memory);
    *memory = malloc((size_t)count * size);
    *capacity = *memory ? count : 0;
    return *memory != NULL;
}

/* Lists the roots of all ranks, in the order of their leaves. */
static bool list_roots(qp_gradient_exchange *e, int leaves)
{
    int ranks = qp_cluster_ranks(e->cluster);
    if (!make_room(&e->at_leaf, &e->leaf_capacity, leaves, sizeof *e->at_leaf)) return false;
    if (!make_room(&e->root, &e->root_capacity, leaves, sizeof *e->root)) return false;
    e->roots = 0;
    for (int leaf = 0; leaf < leaves; leaf++) e->at_leaf[leaf] = -1;
    for (int r = 0; r < ranks; r++) {
        int first = qp_cluster_share(e->cluster, leaves, r), end = qp_cluster_share(e->cluster, leaves, r + 1);
        for (int leaf = first; leaf < end; leaf = qp_gradient_tree_root_end(leaves, leaf, end)) {
            e->at_leaf[leaf] = e->roots;
            e->root[e->roots++] = (root){.rank = r, .leaf = leaf};
        }
    }
    return true;
}

static size_t slice_begin(const qp_gradient_exchange *e, int rank) { return e->start[rank] / sizeof(qp_real); }

/* Memory for the slices of the other ranks' roots, each at a multiple of SLICE_UNIT. */
static bool place_slices(qp_gradient_exchange *e, const qp_gradient_tree *tree)
{
    int me = qp_cluster_rank(e->cluster), others = 0;
    size_t n = slice_begin(e, me + 1) - slice_begin(e, me);
    size_t each = (n + SLICE_UNIT - 1) / SLICE_UNIT * SLICE_UNIT;
    for (int i = 0; i < e->roots; i++) others += e->root[i].rank != me;
    if ((size_t)others * each > e->received_reals) {
        free(e->received);
        e->received_reals = 0;
        if (posix_memalign((void **)&e->received, 64, (size_t)others * each * sizeof(qp_real))) e->received = NULL;
        if (!e->received) return false;
        e->received_reals = (size_t)others * each;
    }
    qp_real *next = e->received;
    for (int i = 0; i < e->roots; i++) {
        bool mine = e->root[i].rank == me;
        e->root[i].slice = mine ? qp_gradient_tree_root(tree, e->root[i].leaf) + slice_begin(e, me) : next;
        next += mine ? 0 : each;
    }
    return true;
}

/* ---- the exchange ---- */

/* Every slice of this rank's roots to its owner, and this rank's slice of all others. */
static qp_status send_slices(qp_gradient_exchange *e, const qp_gradient_tree *tree)
{
    int me = qp_cluster_rank(e->cluster), ranks = qp_cluster_ranks(e->cluster), own = 0;
    for (int i = 0; i < e->roots; i++) own += e->root[i].rank == me;
    int most = own * (ranks - 1) + e->roots - own + 1;
    if (!make_room(&e->message, &e->message_capacity, most, sizeof *e->message)) return out_of_memory();
    e->messages = 0;
    for (int i = 0; i < e->roots; i++)
        if (e->root[i].rank != me)
            e->message[e->messages++] =
                (qp_message){e->root[i].rank, false, e->root[i].slice, e->start[me + 1] - e->start[me]};
    for (int step = 1; step < ranks; step++)
        for (int i = 0; i < e->roots; i++) {
            int to = (me + step) % ranks; /* not all to rank 0 first */
            if (e->root[i].rank != me) continue;
            e->message[e->messages++] =
                (qp_message){to, true, qp_gradient_tree_root(tree, e->root[i].leaf) + slice_begin(e, to),
                             e->start[to + 1] - e->start[to]};
        }
    return qp_cluster_exchange(e->cluster, e->message, e->messages);
}

/* Sum of leaves first .. first + 2^level - 1 for elements at .. at+n-1 of the slice; overwrites the leftmost root. */
static qp_real *sum_node(const qp_gradient_exchange *e, int leaves, int first, int level, size_t at, size_t n)
{
    int begun = e->at_leaf[first], half = first + (1 << level) / 2, end = first + (1 << level);
    int next = begun + 1 < e->roots ? e->root[begun + 1].leaf : leaves;
    if (next >= end || next == leaves) return e->root[begun].slice + at;
    qp_real *left = sum_node(e, leaves, first, level - 1, at, n);
    if (half < leaves) qp_scale_add(n, 1, sum_node(e, leaves, half, level - 1, at, n), 1, left);
    return left;
}

/* Adds this rank's slice of the tree; threads take parts of the slice. */
static void sum_slices(qp_gradient_exchange *e, int leaves)
{
    int me = qp_cluster_rank(e->cluster), level = qp_gradient_tree_top_level(leaves);
    size_t begin = slice_begin(e, me), n = slice_begin(e, me + 1) - begin;
    size_t units = (n + SLICE_UNIT - 1) / SLICE_UNIT, threads = (size_t)e->threads;
#pragma omp parallel for num_threads(e->threads) schedule(static)
    for (size_t part = 0; part < threads; part++) {
        size_t first = units * part / threads * SLICE_UNIT, end = units * (part + 1) / threads * SLICE_UNIT;
        if (end > n) end = n;
        if (first >= end) continue;
        const qp_real *top = sum_node(e, leaves, 0, level, first, end - first);
        memcpy(e->result[0] + begin + first, top, (end - first) * sizeof *top);
        if (leaves == 1) continue;
        const qp_real *other = sum_node(e, leaves, 1 << level, level, first, end - first);
        if (e->blocks == 2)
            memcpy(e->result[1] + begin + first, other, (end - first) * sizeof *other);
        else
            qp_scale_add(end - first, 1, other, 1, e->result[0] + begin + first);
    }
}

qp_status qp_gradient_exchange_run(qp_gradient_exchange *e, const qp_gradient_tree *tree, int leaves,
                                   const qp_real *gradient[2], int *count)
{
    bool ready = list_roots(e, leaves) && place_slices(e, tree);
    QP_TRY(qp_cluster_agree(e->cluster, ready ? QP_OK : out_of_memory()));
    QP_TRY(send_slices(e, tree));
    sum_slices(e, leaves);
    *count = leaves > 1 ? e->blocks : 1;
    for (int i = 0; i < *count; i++) {
        if (!e->divided) QP_TRY(qp_cluster_gather(e->cluster, e->start, e->result[i]));
        gradient[i] = e->result[i];
    }
    return QP_OK;
}
