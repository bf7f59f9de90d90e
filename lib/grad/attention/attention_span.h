#ifndef QP_ATTENTION_SPAN_H
#define QP_ATTENTION_SPAN_H

#include "lib/grad/attention/attention_config.h"
#include "lib/tensor/rows.h"

/* attention_span — one call of qp_attention taken apart into pairs of sequences: which rows they are, which keys a
 * query may read, and where its weights are stored. */
typedef struct qp_attention_span qp_attention_span;
typedef struct {
    qp_tensor query, key, value, y, weights; /* weights: of the map; value NULL: no map */
    qp_sequences qs, ks;
    qp_attention_config config; /* kv_heads and scale filled in; dropout 0 outside training */
    int dk, dv;
    int longest;             /* keys of the longest sequence */
    qp_attention_span *span; /* [qs.count] */
    int32_t *bucket;         /* [distances], with config.relative: bucket[d + longest - 1] is that of distance d */
    int distances;
    qp_softmax_row *softmax; /* [heads*queries of all pairs], see first_softmax; NULL: not kept */
    uint64_t key_of_dropout;
    bool *done; /* the backward has run (a call with a map leaves two tape entries) */
} qp_attention_call;

/* One pair of sequences. */
struct qp_attention_span {
    int queries, keys;
    int first_query;       /* row of the first query */
    ptrdiff_t first_place; /* place of the first key, see qp_attention_config.key_row */
    size_t first_weight;   /* number of the pair's first weight in the map */
    size_t first_softmax;  /* its first row of softmax, in the order of the map */
    int first_tile;        /* number of its first tile */
};

/* One block of queries and of keys of one head: queries q0 .. q0+rows-1, keys k0 .. k0+keys-1. */
typedef struct {
    int head, q0, rows, k0, keys;
} qp_attention_block;

/* qp_attention_check — checks shapes, sequences, rows and bias; fills dk, dv, scale, kv_heads, longest and span, in the
 * tape's memory.
 * Errors  false: QP_ESHAPE or QP_EMEMORY, remembered by the tape. */
bool qp_attention_check(qp_tape *tape, qp_attention_call *a);

/* qp_attention_weights      — weights of all pairs: the sum of heads*Tq*Tk
 * qp_attention_softmax_rows — rows of softmax: the sum of heads*Tq
 * qp_attention_tiles        — tiles; one is a block of queries of one head */
size_t qp_attention_weights(const qp_attention_call *a);
size_t qp_attention_softmax_rows(const qp_attention_call *a);
int qp_attention_tiles(const qp_attention_call *a);

/* Queries are processed in blocks, and so are keys: scores exist for one block of queries and one of keys at a time,
 * except where a map keeps them all.
 * qp_attention_block_rows — queries of a block. Under a causal mask a block reads no further than the last key that any
 *                           of its queries may read, so small blocks skip more.
 * qp_attention_block_keys — keys of a block.
 * qp_attention_keys_read  — the number of keys, from the first, that the queries of b may read.
 * qp_attention_reads      — whether any of these queries has any of the keys of b in its window.
 * qp_attention_span_at    — the pair that tile `tile` belongs to. */
enum { QP_ATTENTION_ROWS = 256, QP_ATTENTION_CAUSAL_ROWS = 64, QP_ATTENTION_KEYS = 256 };
int qp_attention_block_rows(const qp_attention_call *a);
int qp_attention_block_keys(const qp_attention_call *a);
int qp_attention_keys_read(const qp_attention_call *a, const qp_attention_span *s, const qp_attention_block *b);
bool qp_attention_reads(const qp_attention_call *a, const qp_attention_span *s, const qp_attention_block *b);
const qp_attention_span *qp_attention_span_at(const qp_attention_call *a, int tile);

/* qp_attention_key_position, qp_attention_query_position — the position of key j and of query q of a pair
 * qp_attention_readable — of the first `keys` keys, the number up to the last one that a query at `position` may
 *   read */
static inline int qp_attention_key_position(const qp_attention_call *a, const qp_attention_span *s, int j)
{
    return a->config.key_position ? a->config.key_position[s->first_place + j] : j;
}

static inline int qp_attention_query_position(const qp_attention_call *a, const qp_attention_span *s, int q)
{
    if (a->config.query_position) return a->config.query_position[s->first_query + q];
    int last = s->keys > 0 ? qp_attention_key_position(a, s, s->keys - 1) : -1;
    return last - (s->queries - 1) + q;
}

static inline int qp_attention_readable(const qp_attention_call *a, const qp_attention_span *s, int position, int keys)
{
    if (!a->config.key_position) return position < 0 ? 0 : position < keys ? position + 1 : keys;
    while (keys > 0 && a->config.key_position[s->first_place + keys - 1] > position) keys--;
    return keys;
}

/* qp_attention_bucket — the bucket of a distance. */
static inline int qp_attention_bucket(const qp_attention_call *a, int distance)
{
    int place = distance + a->longest - 1;
    if (place >= 0 && place < a->distances) return a->bucket[place];
    return qp_relative_bucket(distance, a->config.relative.rows, &a->config.distance);
}

/* qp_attention_weight_number — the number of a query's first weight in the map; dropout numbers weights the same way.
 * qp_attention_softmax_of — where the largest score and the sum of a query are kept. */
size_t qp_attention_weight_number(const qp_attention_span *s, int head, int q);
qp_softmax_row *qp_attention_softmax_of(const qp_attention_call *a, const qp_attention_span *s, int head, int q);

/* qp_attention_covers — whether the sequences are end to end and cover all of `rows`. */
bool qp_attention_covers(qp_sequences s, int rows);

#endif
