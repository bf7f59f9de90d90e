#ifndef QP_ATTENTION_BLOCK_H
#define QP_ATTENTION_BLOCK_H

#include "lib/grad/attention/attention_span.h"

/* attention_block — one head of one pair of sequences, forward and backward, a block of queries and a block of keys at
 * a time. */

/* Memory of one worker, [rows of a block, keys of a block] each; NULL where not needed. */
typedef struct {
    qp_real *weights, *dropped;
    qp_real *ds;             /* backward */
    qp_real *scores;         /* backward, with softcap */
    qp_real *mean;           /* [rows], backward */
    qp_real *collected;      /* with key_row: [keys of a block, dk + dv] */
    qp_real *dcollected;     /* the same in the backward: [longest, dk + dv] */
    qp_softmax_row *softmax; /* [rows], where the call keeps none */
} qp_attention_scratch;

/* qp_attention_forward — the rows of y of the queries from q0, and their weights where a map keeps them. */
void qp_attention_forward(const qp_attention_call *a, const qp_attention_span *s, int head, int q0,
                          const qp_attention_scratch *m);

/* What the backward of one call reads, and where it writes. */
typedef struct {
    const qp_attention_call *call;
    qp_matrix dy;              /* value NULL: no gradient of y */
    const qp_real *dweights;   /* gradient of the map; NULL: none */
    qp_real *grad[3], beta[3]; /* query, key, value: the whole matrices; NULL: not wanted */
    qp_real *dbias;            /* NULL: not wanted */
    qp_real *drelative;        /* [tiles, buckets]: each tile's part of the gradient of its head; NULL: not wanted */
} qp_attention_back;

/* The gradients of a key/value head, [keys, dk] and [keys, dv], which the backward adds to; value NULL: not wanted. */
typedef struct {
    qp_matrix dkey, dvalue;
} qp_attention_target;

/* qp_attention_back_queries — the backward of the queries of one head from q0, for all keys that they read: their rows
 *                             of dQ and dbias, their tile's part of drelative, and their part of dK and dV.
 * qp_attention_back_keys    — for keys k0 .. of one head and all queries: these rows of dK and dV alone, which are the
 *                             same bits as all calls of qp_attention_back_queries with q0 descending give. The two
 *                             together compute the weights twice, but in tiles that do not wait for each other.
 * to                          NULL in the first: without dK and dV. The second writes nothing else. */
void qp_attention_back_queries(const qp_attention_back *back, const qp_attention_span *s, int head, int q0,
                               const qp_attention_target *to, const qp_attention_scratch *m);
void qp_attention_back_keys(const qp_attention_back *back, const qp_attention_span *s, int head, int k0,
                            const qp_attention_target *to, const qp_attention_scratch *m);

/* qp_attention_kv_head — the key/value head that a head reads. */
static inline int qp_attention_kv_head(const qp_attention_call *a, int head)
{
    return head / (a->config.heads / a->config.kv_heads);
}

/* qp_attention_clear — all elements become 0. */
void qp_attention_clear(qp_matrix m);

#endif
