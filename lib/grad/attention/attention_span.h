#ifndef QP_ATTENTION_SPAN_H
#define QP_ATTENTION_SPAN_H

#include "lib/grad/attention/attention_config.h"

/* attention_span — one call of qp_attention taken apart into pairs of sequences: which rows they are, which keys a
 * query may read, and where its weights are stored. */
typedef struct {
    qp_tensor query, key, value, y, weights;
    qp_sequences qs, ks;
    qp_attention_config config; /* kv_heads and scale filled in; dropout 0 outside training */
    int dk, dv;
    int longest;   /* keys of the longest sequence */
    qp_real *kept; /* P of all blocks, for the backward or the map; NULL: not kept */
    uint64_t key_of_dropout;
    bool *done; /* the backward has run (a call with a map leaves two tape entries) */
} qp_attention_call;

/* One pair of sequences. */
typedef struct {
    int queries, keys;
    int first_query;                  /* row of the first query */
    ptrdiff_t first_place;            /* place of the first key, see qp_attention_config.key_row */
    size_t first_weight;              /* number of the pair's first weight in the map */
    size_t first_kept, kept_per_head; /* its first weight in `kept`, and how many of a head are kept */
    qp_matrix key, value;             /* [keys, kv_heads*dk], [keys, kv_heads*dv] */
} qp_attention_span;

/* qp_attention_check — checks shapes, sequences, rows and bias, and fills dk, dv, scale, kv_heads and longest.
 * weights, kept  receive the number of weights (sum of heads*Tq*Tk), and of those that a causal mask does not cut off
 * Errors  false: QP_ESHAPE, remembered by the tape. */
bool qp_attention_check(qp_tape *tape, qp_attention_call *a, size_t *weights, size_t *kept);

/* qp_attention_span_of — pair i; `before` is pair i-1, NULL for the first.
 * qp_attention_span_collect — with key_row: copies the pair's key and value rows into memory [longest, key columns +
 * value columns], where s->key and s->value then point. Without key_row it does nothing. */
qp_attention_span qp_attention_span_of(const qp_attention_call *a, int i, const qp_attention_span *before);
void qp_attention_span_collect(const qp_attention_call *a, qp_attention_span *s, qp_real *memory);

/* qp_attention_block_rows — queries are processed in blocks of so many rows. Under a causal mask a block reads no
 * further than the last key that any of its queries may read, so small blocks skip more; without one, a block only
 * bounds the scratch memory.
 * qp_attention_keys_read — the number of keys, from the first, that queries q0 .. q0+rows-1 may read. */
enum { QP_ATTENTION_ROWS = 256 };
int qp_attention_block_rows(const qp_attention_call *a);
int qp_attention_keys_read(const qp_attention_call *a, const qp_attention_span *s, int q0, int rows);

/* qp_attention_key_position, qp_attention_query_position — the position of key j and of query q of a pair
 * qp_attention_readable — of the first `keys` keys, the number up to the last one that a query at `position` may read
 *   */
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

/* qp_attention_weight_number — the number of a query's first weight in the map; dropout numbers weights the same way.
 *   */
size_t qp_attention_weight_number(const qp_attention_span *s, int head, int q);

/* qp_attention_tiles — whether the sequences are end to end and cover all of `rows`. */
bool qp_attention_tiles(qp_sequences s, int rows);

#endif
