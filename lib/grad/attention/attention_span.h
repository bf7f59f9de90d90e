#ifndef QP_ATTENTION_SPAN_H
#define QP_ATTENTION_SPAN_H

#include "lib/grad/attention/op_attention.h"

/* attention_span — one call of attention taken apart: which sequences, which rows, which keys a query may read, and
 * where its weights lie. Inside of op_attention.c. */
typedef struct {
    qp_tensor query, key, value, y, weights;
    qp_sequences qs, ks;
    qp_attention_config config; /* kv_heads and scale filled in; dropout 0 outside training */
    int dk, dv;
    int longest;   /* keys of the longest sequence */
    qp_real *kept; /* P of all blocks for the backward or the map, or NULL */
    uint64_t key_of_dropout;
    bool *done; /* backward has run (a call with a map leaves two entries) */
} qp_attention_call;

/* One pair of sequences. */
typedef struct {
    int queries, keys;
    int first_query;       /* row */
    ptrdiff_t first_place; /* of the keys */
    size_t first_weight;   /* number of this sequence's first weight in [sum of heads*Tq*Tk] */
    size_t first_kept, kept_per_head;
    const qp_real *key, *value; /* row j of the keys that are read at key + j*key_stride */
    int key_stride, value_stride;
} qp_attention_span;

/* qp_attention_check — shapes, sequences, rows and bias fit; fills dk, dv, scale, kv_heads, longest; the numbers of
 * weights (heads*Tq*Tk) and of weights worth keeping. False: the tape has failed. */
bool qp_attention_check(qp_tape *tape, qp_attention_call *a, size_t *weights, size_t *kept);

/* qp_attention_span_of — sequence pair i, `before` being the pair before it (NULL for the first).
 * qp_attention_span_collect — bring scattered key and value rows together into memory [longest, key columns + value
 * columns]; nothing to do without key_row. */
qp_attention_span qp_attention_span_of(const qp_attention_call *a, int i, const qp_attention_span *before);
void qp_attention_span_collect(const qp_attention_call *a, qp_attention_span *s, qp_real *memory);

/* Queries are taken in blocks of rows. Under a causal mask a block reads no further than the last key that any of its
 * queries may read, so smaller blocks skip more; without one a block only bounds the scratch. */
enum { QP_ATTENTION_ROWS = 256 };
int qp_attention_block_rows(const qp_attention_call *a);

/* How many keys, counted from the first, hold all that queries q0 .. q0+rows-1 may read. */
int qp_attention_keys_read(const qp_attention_call *a, const qp_attention_span *s, int q0, int rows);

/* Positions of key j and query q; how many of the first `keys` keys lie before the last that position may read. */
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

/* Number of a query's first weight in the map and in dropout. */
size_t qp_attention_weight_number(const qp_attention_span *s, int head, int q);

/* The sequences lie end to end and fill a matrix of `rows`. */
bool qp_attention_tiles(qp_sequences s, int rows);

#endif
