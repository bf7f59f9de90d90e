#ifndef QP_ATTENTION_CONFIG_H
#define QP_ATTENTION_CONFIG_H

#include "lib/base/batch.h"
#include "lib/grad/attention/relative_bucket.h"
#include "lib/grad/tape.h"

/* qp_attention_config — what a query may read and how scores become weights; see qp_attention. Positions are integers;
 * arrays are borrowed until the backward. */
typedef struct {
    int heads;
    int kv_heads;  /* 0: = heads; else it divides heads */
    qp_real scale; /* 0: 1/sqrt(dk) */
    bool causal;   /* a query reads the keys whose position is not above its own */
    /* [query rows]; NULL: the last query of a sequence has the position of its last key, the others precede it one by
     * one */
    const int32_t *query_position;
    /* [places], see key_row; NULL: 0, 1, 2, ... within each sequence */
    const int32_t *key_position;
    /* [places]: key j of sequence i is row key_row[ks.start[i] + j] of key and value (caches with holes); NULL: row
     * ks.start[i] + j */
    const int32_t *key_row;
    const qp_real *slope; /* [heads] ALiBi: bias = -slope[h]*|query position - key position|; NULL: none */
    /* added to the scores: a column [sum over i of heads*Tq(i)*Tk(i), 1], one block [heads, Tq, Tk] per sequence;
     * empty: none */
    qp_tensor bias;
    bool bias_shared; /* bias holds one block [heads, Tq, Tk] for all sequences, whose lengths are equal */
    /* [buckets, heads], an even number of buckets: relative[bucket(key position - query position), head] is added to
     * the scores; empty: none */
    qp_tensor relative;
    qp_relative_config distance; /* its buckets */
    int window;                  /* a query reads keys with |query position - key position| < window; 0: all */
    int sinks;                   /* and, whatever the window, keys with position < sinks */
    qp_real softcap;             /* scores before the bias become softcap*tanh(score/softcap); 0: off */
    qp_real dropout;             /* on the weights, in QP_TRAIN */
} qp_attention_config;

/* qp_attention_map — the weights of one call, for pictures and tests: a column [sum over i of heads*Tq(i)*Tk(i), 1],
 * one block [heads, Tq, Tk] per sequence, before dropout, 0 at keys that may not be read. `weights` is a tensor of
 * the tape: a gradient written to it flows back. */
typedef struct {
    int heads;
    qp_tensor weights;
} qp_attention_map;

#endif
