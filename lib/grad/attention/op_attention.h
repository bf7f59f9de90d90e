#ifndef QP_OP_ATTENTION_H
#define QP_OP_ATTENTION_H

#include "lib/grad/attention/attention_config.h"

/* qp_attention — multi-head scaled dot-product attention over a ragged batch, as one tape entry
 *   for every sequence s and head h:  P = softmax(scale * Q K' + bias)  over the keys a query may read,  Y =
 *   dropout(P) V
 * query    [query rows, heads*dk]      head h is columns h*dk .. h*dk + dk - 1; any stride
 * key      [key rows, kv_heads*dk];  value [key rows, kv_heads*dv];  head h reads key/value head h/(heads/kv_heads)
 * qs, ks   the sequences of queries and of keys, of equal count; sequence i of queries reads sequence i of keys
 * config   masks, biases, dropout
 * map      receives the weights; NULL: not wanted
 * returns  [query rows, heads*dv]; 0 in rows of no sequence and of queries that may read no key
 * Memory   linear in the lengths: the output, in QP_TRAIN 2 reals per query and head, and blocks of weights per thread;
 *          the backward computes P again, and reads y. With a map heads*Tq*Tk reals per sequence.
 * Bits     follow from the shapes alone: tiles (tiles.h) are blocks of queries of one head. Up to QP_ATTENTION_KEYS
 *          keys, and with a map, P is one softmax; above it is made of blocks, which rounds differently.
 * Errors   QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Vaswani et al. 2017; kv_heads: Ainslie et al. 2023; slope: Press et al. 2022; window: Beltagy et al. 2020;
 *          sinks: Xiao et al. 2023; softcap: Gemma Team 2024; blocks of keys: Dao et al. 2022.
 * tests/examples/attention_plain.c is the same computation without masks, in 40 lines. */
qp_tensor qp_attention(qp_tape *tape, qp_tensor query, qp_sequences qs, qp_tensor key, qp_tensor value, qp_sequences ks,
                       const qp_attention_config *config, qp_attention_map *map);

/* qp_attention_slopes — slope [heads] of ALiBi, m the largest power of two <= heads: 2^(-8k/m) for k = 1..m, then
 * 2^(-4k/m) for k = 1, 3, 5, ...                    Source  Press et al. 2022. */
void qp_attention_slopes(int heads, qp_real *slope);

#endif
