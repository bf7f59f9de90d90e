#include "lib/train/gradient/shard_ranks.h"

#include <stdlib.h>
#include <string.h>

struct qp_bucket_watch {
    const qp_params *params;
    qp_gradient_tree *tree;
    qp_gradient_exchange *exchange;
    int buckets, shard, block;
    qp_gradient *gradient; /* of the shard */
    qp_tape_watcher watcher;
    int *missing; /* [buckets] parameters whose gradients are not complete; -1: it has joined the tree */
};

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "training: out of memory for the shards; use a smaller --batch-size or model");
}

/* ---- buckets ---- */

/* The buckets that hold parameter `index` are first .. *last. */
static int buckets_of(const qp_bucket_watch *w, int index, int *last)
{
    const size_t *bucket = qp_gradient_exchange_bucket(w->exchange);
    const qp_parameter *p = qp_params_at(w->params, index);
    size_t end = p->offset + (size_t)p->rows * (size_t)p->columns;
    int first = 0;
    while (first + 1 < w->buckets && bucket[first + 1] <= p->offset) first++;
    for (*last = first; *last + 1 < w->buckets && bucket[*last + 1] < end;) ++*last;
    return first;
}

/* Parameters without a gradient have zeros. */
static void join_bucket(qp_bucket_watch *w, int bucket)
{
    int last;
    for (int i = 0; i < qp_params_count(w->params); i++)
        if (buckets_of(w, i, &last) <= bucket && last >= bucket) qp_gradient_clear(w->gradient, i);
    w->missing[bucket] = -1;
    qp_gradient_tree_join(w->tree, w->shard, w->block, bucket);
}

static void parameter_done(void *self, int index)
{
    qp_bucket_watch *w = self;
    int last;
    for (int b = buckets_of(w, index, &last); b <= last; b++)
        if (--w->missing[b] == 0) join_bucket(w, b);
    qp_gradient_exchange_poll(w->exchange);
}

qp_status qp_bucket_watch_new(const qp_params *params, qp_gradient_tree *tree, qp_gradient_exchange *exchange,
                              qp_bucket_watch **watch)
{
    qp_bucket_watch *w = *watch = calloc(1, sizeof *w);
    if (!w) return out_of_memory();
    *w = (qp_bucket_watch){.params = params, .tree = tree, .exchange = exchange};
    w->buckets = qp_gradient_exchange_buckets(exchange);
    w->watcher = (qp_tape_watcher){w, parameter_done, NULL};
    w->watcher.use = malloc(((size_t)qp_params_count(params) + 1) * sizeof *w->watcher.use);
    w->missing = malloc((size_t)w->buckets * sizeof *w->missing);
    if (w->watcher.use && w->missing) return QP_OK;
    qp_bucket_watch_free(w);
    *watch = NULL;
    return out_of_memory();
}

void qp_bucket_watch_free(qp_bucket_watch *w)
{
    if (!w) return;
    free(w->watcher.use);
    free(w->missing);
    free(w);
}

static void miss_nothing(qp_bucket_watch *w) { memset(w->missing, 0, (size_t)w->buckets * sizeof *w->missing); }

void qp_bucket_watch_begin(qp_bucket_watch *w, int shard, int block)
{
    w->shard = shard;
    w->block = block;
    w->gradient = qp_gradient_tree_at(w->tree, block);
    miss_nothing(w);
}

void qp_bucket_watch_forward(qp_bucket_watch *w, qp_tape *tape) { qp_tape_watch(tape, &w->watcher); }

void qp_bucket_watch_backward(qp_bucket_watch *w)
{
    int last;
    miss_nothing(w);
    for (int i = 0; i < qp_params_count(w->params); i++)
        for (int b = buckets_of(w, i, &last); w->gradient->node[i].used && b <= last; b++) w->missing[b]++;
}

void qp_bucket_watch_end(qp_bucket_watch *w)
{
    for (int b = 0; b < w->buckets; b++)
        if (w->missing[b] >= 0) join_bucket(w, b);
}

/* ---- losses ---- */

qp_status qp_shard_ranks_gather(qp_cluster *cluster, const qp_shard_list *list, double *loss)
{
    int ranks = qp_cluster_ranks(cluster);
    size_t *losses = malloc(((size_t)ranks + 1) * sizeof *losses), *rows = malloc(((size_t)ranks + 1) * sizeof *rows);
    const qp_batch_carry *carry = &list->shard[0].batch->carry;
    qp_status status = losses && rows ? QP_OK : out_of_memory();
    for (int r = 0; status == QP_OK && r <= ranks; r++) {
        int first = qp_cluster_share(cluster, list->count, r);
        int sequence = first < list->count ? list->shard[first].first : list->shard[list->count - 1].end;
        losses[r] = (size_t)first * sizeof *loss;
        rows[r] = (size_t)sequence * (size_t)carry->width * sizeof *carry->row;
    }
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) status = qp_cluster_gather(cluster, losses, 1, loss);
    if (status == QP_OK && carry->row) status = qp_cluster_gather(cluster, rows, 1, carry->row);
    free(losses);
    free(rows);
    return status;
}
