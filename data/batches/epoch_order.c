#include "data/batches/epoch_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

enum { PURPOSE_SEQUENCES = 0x736571, PURPOSE_GROUP = 0x677270 };

struct qp_epoch_order {
    qp_epoch_order_options options;
    int32_t *rank;   /* [sequences], or NULL */
    int32_t *member; /* [sequences] the sequences of group 0, then those of group 1 ... */
    int64_t *start;  /* [groups + 1] of each group in member */
};

qp_status qp_epoch_order_new(const qp_epoch_order_options *options, const int32_t *rank, qp_epoch_order **order)
{
    size_t sequences = (size_t)options->sequences;
    *order = NULL;
    qp_epoch_order *o = calloc(1, sizeof *o);
    if (o) {
        o->options = *options;
        o->member = malloc((sequences + 1) * sizeof *o->member);
        o->start = calloc((size_t)options->groups + 2, sizeof *o->start);
        o->rank = rank ? malloc((sequences + 1) * sizeof *o->rank) : NULL;
    }
    if (!o || !o->member || !o->start || (rank && !o->rank)) {
        qp_epoch_order_free(o);
        return qp_fail(QP_EMEMORY, "batches: no memory for the order of %zu sequences", sequences);
    }
    if (rank) memcpy(o->rank, rank, sequences * sizeof *rank);
    *order = o;
    return QP_OK;
}

/* How many of the sequences by rank pass `epoch` may read. */
static int64_t reach(const qp_epoch_order_options *o, int64_t epoch)
{
    if (epoch >= o->curriculum) return o->sequences;
    return (int64_t)ceil((double)o->sequences * (double)(epoch + 1) / (double)(o->curriculum + 1));
}

/* Counting sort of number[count] by group into member. */
static void sort_by_group(qp_epoch_order *o, const int32_t *number, int64_t count)
{
    int groups = o->options.groups;
    int64_t *start = o->start;
    memset(start, 0, ((size_t)groups + 2) * sizeof *start);
    for (int64_t i = 0; i < count; i++) start[o->options.group[number[i]] + 2]++;
    for (int g = 0; g < groups; g++) start[g + 2] += start[g + 1];
    for (int64_t i = 0; i < count; i++) o->member[start[o->options.group[number[i]] + 1]++] = number[i];
}

/* Each group its share of `count` numbers; the cuts are rounded, so that all of them are given out. */
static void draw_groups(qp_epoch_order *o, uint64_t key, int64_t count, int32_t *number)
{
    double whole = 0, before = 0;
    int64_t at = 0;
    for (int g = 0; g < o->options.groups; g++)
        if (o->start[g + 1] > o->start[g]) whole += o->options.share[g];
    for (int g = 0; g < o->options.groups; g++) {
        int32_t *member = o->member + o->start[g];
        int64_t size = o->start[g + 1] - o->start[g];
        if (size == 0) continue;
        before += o->options.share[g];
        int64_t end = (int64_t)floor(before / whole * (double)count + 0.5);
        if (end > count) end = count;
        qp_random_shuffle(qp_random_key(qp_random_key(key, PURPOSE_GROUP), (uint64_t)g), member, size);
        for (int64_t i = 0; at < end; i++) number[at++] = member[i % size];
    }
}

int64_t qp_epoch_order_draw(qp_epoch_order *order, uint64_t key, int64_t epoch, int32_t *number)
{
    int64_t limit = reach(&order->options, epoch), count = 0;
    for (int64_t i = 0; i < order->options.sequences; i++)
        if (!order->rank || order->rank[i] < limit) number[count++] = (int32_t)i;
    if (order->options.group) {
        sort_by_group(order, number, count);
        draw_groups(order, key, count, number);
    }
    qp_random_shuffle(qp_random_key(key, PURPOSE_SEQUENCES), number, count);
    return count;
}

void qp_epoch_order_free(qp_epoch_order *order)
{
    if (!order) return;
    free(order->rank);
    free(order->member);
    free(order->start);
    free(order);
}
