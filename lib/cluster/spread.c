#include "lib/cluster/spread.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20 };

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the parts of other ranks"); }

/* The part of a span that one rank keeps, and where it is in the memory of that rank. */
typedef struct {
    int rank;
    int64_t place, count;
} piece;

/* The last rank that begins at or before the element. */
static int owner(const qp_spread *s, int64_t element)
{
    int low = 0, high = qp_cluster_ranks(s->cluster);
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (s->first[middle] <= element)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first piece of a span, which becomes shorter by it. */
static piece cut(const qp_spread *s, qp_elements *span)
{
    int ranks = qp_cluster_ranks(s->cluster);
    piece p = {(int)(span->first % ranks), span->first / ranks, 1};
    if (s->first) {
        p.rank = owner(s, span->first);
        int64_t left = s->first[p.rank + 1] - span->first;
        p.place = span->first - s->first[p.rank];
        p.count = span->count < left ? span->count : left;
    }
    span->first += p.count;
    span->count -= p.count;
    return p;
}

int64_t qp_spread_place(const qp_spread *s, int64_t number)
{
    if (!s->cluster) return number;
    piece p = cut(s, &(qp_elements){number, 1});
    return p.rank == qp_cluster_rank(s->cluster) ? p.place : -1;
}

/* The way of elements between ranks. */
typedef struct {
    const qp_spread *spread;
    size_t bytes; /* of an element */
    const qp_elements *span;
    int spans;
    size_t *start; /* [ranks + 1] bytes of each rank in `room` */
    size_t *at;    /* [ranks] of the next element */
    char *room;
} transfer;

static void measure(const transfer *t)
{
    int ranks = qp_cluster_ranks(t->spread->cluster);
    for (int i = 0; i < t->spans; i++)
        for (qp_elements span = t->span[i]; span.count > 0;) {
            piece p = cut(t->spread, &span);
            t->start[p.rank + 1] += (size_t)p.count * t->bytes;
        }
    for (int r = 0; r < ranks; r++) t->start[r + 1] += t->start[r];
}

/* From this rank's memory into the room, or from the room to `to`. */
static void copy(const transfer *t, const char *mine, char *to)
{
    int rank = qp_cluster_rank(t->spread->cluster), ranks = qp_cluster_ranks(t->spread->cluster);
    memcpy(t->at, t->start, (size_t)ranks * sizeof *t->at);
    for (int i = 0; i < t->spans; i++)
        for (qp_elements span = t->span[i]; span.count > 0;) {
            piece p = cut(t->spread, &span);
            size_t bytes = (size_t)p.count * t->bytes;
            char *room = t->room + t->at[p.rank];
            t->at[p.rank] += bytes;
            if (!to && p.rank == rank) memcpy(room, mine + (size_t)p.place * t->bytes, bytes);
            if (!to) continue;
            memcpy(to, room, bytes);
            to += bytes;
        }
}

static void take_alone(const void *mine, size_t bytes, const qp_elements *span, int spans, char *to)
{
    for (int i = 0; i < spans; i++) {
        size_t length = (size_t)span[i].count * bytes;
        if (length) memcpy(to, (const char *)mine + (size_t)span[i].first * bytes, length);
        to += length;
    }
}

qp_status qp_spread_take(const qp_spread *s, const void *mine, size_t bytes, const qp_elements *span, int spans,
                         void *to)
{
    size_t ranks = (size_t)qp_cluster_ranks(s->cluster);
    if (!s->cluster) {
        take_alone(mine, bytes, span, spans, to);
        return QP_OK;
    }
    transfer t = {.spread = s, .bytes = bytes, .span = span, .spans = spans};
    t.start = calloc(2 * ranks + 1, sizeof *t.start);
    if (t.start) {
        t.at = t.start + ranks + 1;
        measure(&t);
        t.room = malloc(t.start[ranks] + 1);
    }
    qp_status status = t.room ? QP_OK : out_of_memory();
    if (status == QP_OK) {
        copy(&t, mine, NULL);
        status = qp_cluster_gather(s->cluster, t.start, 1, t.room);
    }
    if (status == QP_OK) copy(&t, mine, to);
    free(t.start);
    free(t.room);
    return status;
}

qp_status qp_spread_each(const qp_spread *s, const void *mine, size_t bytes, int64_t count, void *self,
                         void (*block)(void *self, const void *element, int64_t first, int64_t count))
{
    int64_t most = (int64_t)(BLOCK_BYTES / bytes) + 1;
    if (!s->cluster) {
        if (count > 0) block(self, mine, 0, count);
        return QP_OK;
    }
    void *room = malloc((size_t)most * bytes);
    qp_status status = qp_cluster_agree(s->cluster, room ? QP_OK : out_of_memory());
    for (int64_t first = 0; status == QP_OK && first < count; first += most) {
        qp_elements span = {first, count - first < most ? count - first : most};
        status = qp_spread_take(s, mine, bytes, &span, 1, room);
        if (status == QP_OK) block(self, room, first, span.count);
    }
    free(room);
    return status;
}
