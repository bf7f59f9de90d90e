#ifndef QP_OP_ATTENTION_H
#define QP_OP_ATTENTION_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_attention — multi-head scaled dot-product attention over a ragged batch, one tape entry
 *   for every sequence s and head h:  P = softmax(scale * Q K' + bias)  over the keys a query may read,  Y = dropout(P) V
 *   window: |query position - key position| < window, or key position < sinks;  softcap c: the scores before the bias
 *   become c*tanh(score/c)
 * query [query rows, heads*dk]      head h is columns h*dk .. ; any stride (bands of one fused product)
 * key   [key rows, kv_heads*dk], value [key rows, kv_heads*dv]; query head h reads key/value head h/(heads/kv_heads)
 * qs, ks  sequences of queries and keys, equal count; sequence i of queries reads sequence i of keys
 * returns [query rows, heads*dv]
 * Memory  the output; while training also P, heads*Tq*Tk reals a sequence, under a causal mask about half of them.
 *         query_position, key_position, key_row and slope are borrowed until the backward.
 * Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.     Source  Vaswani et al. 2017; kv_heads: Ainslie et al. 2023;
 *         slopes: Press et al. 2022; window: Beltagy et al. 2020; sinks: Xiao et al. 2023; softcap: Gemma Team 2024. */
typedef struct {
    int heads;
    int kv_heads;                  /* 0: = heads */
    qp_real scale;                 /* 0: 1/sqrt(dk) */
    bool causal;                   /* a query reads the keys whose position is not above its own */
    const int32_t *query_position; /* [query rows]; NULL: the last query of a sequence stands at its last key */
    const int32_t *key_position;   /* by place, like key_row; NULL: 0, 1, 2 ... within each sequence */
    const int32_t *key_row;        /* place ks.start[i]+j is row key_row[ks.start[i]+j] of key and value (caches,
                                         holes); NULL: the place itself */
    const qp_real *slope;          /* [heads] ALiBi: bias = -slope[h]*|query position - key position|; or NULL */
    qp_tensor bias;                /* additive scores as a column [sum over i of heads*Tq(i)*Tk(i), 1], blocks
                                         [heads, Tq, Tk] sequence after sequence; empty: none */
    bool bias_shared;              /* bias holds one block [heads, Tq, Tk] for all sequences */
    int window, sinks;             /* how far a query reads, its own position counted; 0: everywhere */
    qp_real softcap;               /* 0: off */
    qp_real dropout;               /* on the weights, in QP_TRAIN */
} qp_attention_config;

/* The weights of one call, for pictures and tests: a column [sum over i of heads*Tq(i)*Tk(i), 1], blocks
 * [heads, Tq, Tk] sequence after sequence, before dropout, 0 at keys that may not be read. `weights` is a tensor of the
 * tape: a gradient written to it flows back. */
typedef struct {
    int heads;
    qp_tensor weights;
} qp_attention_map;

qp_tensor qp_attention(qp_tape *tape, qp_tensor query, qp_sequences qs, qp_tensor key, qp_tensor value, qp_sequences ks,
                       const qp_attention_config *config, qp_attention_map *map); /* map may be NULL */

/* qp_attention_slopes — slope [heads] of ALiBi, m the largest power of two <= heads: 2^(-8k/m) for k = 1..m, then
 * 2^(-4k/m) for k = 1, 3, 5, ...                    Source  Press et al. 2022. */
void qp_attention_slopes(int heads, qp_real *slope);

#endif
