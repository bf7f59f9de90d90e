#ifndef QP_ATTENTION_HEAD_H
#define QP_ATTENTION_HEAD_H

#include "lib/grad/attention/attention_span.h"

/* attention_head — one head of one pair of sequences, forward and backward, in blocks of queries. */

/* Memory of the forward, [QP_ATTENTION_ROWS, longest] each; NULL where not needed. */
typedef struct {
    qp_real *weights, *dropped;
    qp_real *collected; /* of qp_attention_span_collect */
} qp_attention_scratch;

/* The gradient of a key or value matrix, or a head's part of it; grad.value NULL: not wanted. The first block to
 * write a head's part uses beta, later ones add. */
typedef struct {
    qp_matrix grad;
    qp_real beta;
} qp_attention_target;

/* What the backward of one call reads, and where it writes. */
typedef struct {
    qp_matrix dy;                    /* value NULL: no gradient of y */
    const qp_real *dweights;         /* gradient of the map; NULL: none */
    qp_real *grad[3], beta[3];       /* query, key, value: the whole matrices */
    qp_real *dbias;                  /* NULL: not wanted */
    qp_real *ds, *dropped;           /* scratch [rows, longest] */
    qp_real *scores;                 /* the same; NULL without softcap */
    qp_real *collected, *dcollected; /* memory of qp_attention_span_collect; gradients in the same layout */
} qp_attention_back_work;

/* qp_attention_head — rows of y, and the weights of the head where they are kept.
 * qp_attention_head_back — dQ, dK, dV and dbias of the head; dkey and dvalue are the head's parts, from the sequence's
 *                          first key. */
void qp_attention_head(const qp_attention_call *a, const qp_attention_span *s, int head,
                       const qp_attention_scratch *scratch);
void qp_attention_head_back(const qp_attention_call *a, const qp_attention_span *s, int head,
                            const qp_attention_back_work *work, qp_attention_target dkey, qp_attention_target dvalue);

/* qp_attention_kv_head — the key/value head that a head reads. */
static inline int qp_attention_kv_head(const qp_attention_call *a, int head)
{
    return head / (a->config.heads / a->config.kv_heads);
}

/* qp_attention_clear_rows — the rows from `first` to the last become 0. */
void qp_attention_clear_rows(qp_matrix m, int first);

#endif
