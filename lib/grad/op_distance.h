#ifndef QP_OP_DISTANCE_H
#define QP_OP_DISTANCE_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* op_distance — a learned vector for each distance between query and key, up to `clip` in both directions
 *   r = min(max(position of the key - position of the query, -clip), clip) + clip,  clip = (table rows - 1)/2
 * The last query of a sequence has the position of its last key. All heads share one table.
 *
 * qp_distance_scores — score[h, i, j] = scale * query_i of head h . table[r]: the part of the scores that such vectors,
 *   added to the keys, contribute; for qp_attention's `bias`
 * qp_distance_values — y_i of head h = sum over j of weight[h, i, j]*table[r]: the part of the result that such
 *   vectors, added to the values, contribute; weights as in qp_attention_map
 * query    [query rows, heads*columns];  table [2*clip+1, columns]
 * qs, ks   the sequences of queries and keys
 * returns  scores: a column [sum of heads*Tq*Tk, 1], one block [heads, Tq, Tk] per sequence;
 *          values: [query rows, heads*columns], 0 in rows of no sequence
 * Memory   the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source   Shaw et al. 2018. */
qp_tensor qp_distance_scores(qp_tape *tape, qp_tensor query, qp_tensor table, qp_sequences qs, qp_sequences ks,
                             int heads, qp_real scale);
qp_tensor qp_distance_values(qp_tape *tape, qp_tensor weights, qp_tensor table, qp_sequences qs, qp_sequences ks,
                             int heads, int query_rows);

#endif
