#include <string.h>

#include "lib/tensor/pointwise.h"
#include "lib/train/gradient/gradient_exchange_internal.h"

/* n reals from `at` of this rank's slice of bucket b. */
static qp_real *slice_of(const qp_gradient_exchange *e, const qp_gradient_root *r, int b, size_t at)
{
    return r->sum + (r->rank == e->rank ? qp_slice_begin(e, b, e->rank) : e->own[b]) + at;
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
        const qp_gradient_root *r = &e->root[i];
        const size_t from = e->own[s->bucket] + s->at;
        for (size_t k = 0; r->rank != e->rank && k < s->n; k++)
            r->sum[from + k] = qp_bfloat_to_float(r->half[from + k]);
    }
}

static void sum_band(const band *s)
{
    const qp_gradient_exchange *e = s->exchange;
    int level = qp_gradient_tree_top_level(e->leaves, e->options.type);
    size_t to = qp_slice_begin(e, s->bucket, e->rank) + s->at;
    if (e->options.type == QP_GRADIENT_BF16) unpack(s);
    memcpy(e->result[0] + to, sum_node(s, 0, level), s->n * sizeof(qp_real));
    if (1 << level >= e->leaves) return;
    const qp_real *other = sum_node(s, 1 << level, level);
    if (e->blocks == 2)
        memcpy(e->result[1] + to, other, s->n * sizeof(qp_real));
    else
        qp_scale_add(s->n, 1, other, 1, e->result[0] + to);
}

/* Threads take parts of each slice. */
void qp_gradient_sums_add(qp_gradient_exchange *e)
{
    int threads = e->options.threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < e->options.buckets * threads; i++) {
        int b = i / threads, part = i % threads;
        size_t n = qp_slice_count(e, b, e->rank), units = (n + QP_SLICE_UNIT - 1) / QP_SLICE_UNIT;
        size_t first = units * (size_t)part / (size_t)threads * QP_SLICE_UNIT;
        size_t end = units * (size_t)(part + 1) / (size_t)threads * QP_SLICE_UNIT;
        if (end > n) end = n;
        if (first < end) sum_band(&(band){e, b, first, end - first});
    }
}

/* Sums of bf16 travel in the memory of the roots, which nobody reads any more. */
static qp_status gather_halves(qp_gradient_exchange *e)
{
    for (int b = 0; b < e->options.buckets; b++) {
        size_t at = qp_slice_begin(e, b, e->rank);
        qp_gradient_pack(e->halves + at, e->result[0] + at, qp_slice_count(e, b, e->rank));
    }
    QP_TRY(qp_cluster_gather(e->options.cluster, e->half_start, e->options.buckets, e->halves));
    for (size_t i = 0; i < qp_params_size(e->params); i++) e->result[0][i] = qp_bfloat_to_float(e->halves[i]);
    return QP_OK;
}

qp_status qp_gradient_sums_gather(qp_gradient_exchange *e, int count)
{
    if (e->options.type == QP_GRADIENT_BF16) return gather_halves(e);
    for (int i = 0; i < count; i++)
        QP_TRY(qp_cluster_gather(e->options.cluster, e->start, e->options.buckets, e->result[i]));
    return QP_OK;
}
