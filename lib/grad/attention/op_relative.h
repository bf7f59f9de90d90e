#ifndef QP_OP_RELATIVE_H
#define QP_OP_RELATIVE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_relative_bias — learned relative positions: scores for qp_attention's `bias`, one number a head and bucket of
 * distances
 *   bias[head, query, key] = table[bucket(position of the key - position of the query), head]
 * The last query of a sequence stands at its last key. Distances below `near` have a bucket each; longer ones share
 * buckets that widen logarithmically up to `far`, and everything beyond lies in the last.
 *   both_ways   half of the buckets for keys behind, half for keys ahead; else keys ahead fall into bucket 0
 *   near = half of the buckets of one direction
 * table    [buckets, heads], buckets even
 * returns  a column [sum over sequences of heads*Tq*Tk, 1], blocks [heads, Tq, Tk]
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.     Source  Raffel et al. 2020. */
typedef struct {
    bool both_ways;
    int far; /* 0: 128 */
} qp_relative_config;
qp_tensor qp_relative_bias(qp_tape *tape, qp_tensor table, qp_sequences qs, qp_sequences ks,
                           const qp_relative_config *config);

/* qp_relative_bucket — 0 .. buckets-1 for the distance key - query. */
int qp_relative_bucket(int distance, int buckets, const qp_relative_config *config);

#endif
