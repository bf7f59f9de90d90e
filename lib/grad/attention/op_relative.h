#ifndef QP_OP_RELATIVE_H
#define QP_OP_RELATIVE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_relative_bias — T5's relative positions: scores for qp_attention's `bias`, one learned number per head and
 * bucket of distances
 *   bias[head, query, key] = table[bucket(position of the key - position of the query), head]
 * The last query of a sequence has the position of its last key. Half of the buckets of a direction are for one
 * distance each; the others widen logarithmically up to `far`, and the last one also takes all larger distances.
 * table    [buckets, heads], an even number of buckets
 * qs, ks   the sequences of queries and keys
 * returns  a column [sum over sequences of heads*Tq*Tk, 1], one block [heads, Tq, Tk] per sequence
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Raffel et al. 2020. */
typedef struct {
    bool both_ways; /* half of the buckets for keys before the query, half for keys after it; else the keys after it are
                       all in bucket 0 */
    int far;        /* 0: 128 */
} qp_relative_config;
qp_tensor qp_relative_bias(qp_tape *tape, qp_tensor table, qp_sequences qs, qp_sequences ks,
                           const qp_relative_config *config);

/* qp_relative_bucket — the bucket, 0 .. buckets-1, of the distance key - query. */
int qp_relative_bucket(int distance, int buckets, const qp_relative_config *config);

#endif
