#ifndef QP_ALIGNMENT_H
#define QP_ALIGNMENT_H

#include "lib/grad/attention/op_attention.h"

/* alignment — attention weights read as links between target and source tokens. */

/* qp_alignment_mean — the mean over the heads of one block of a map.
 * block    weights [heads, keys] of a single query (as qp_model_step returns them, row after row)
 * weight   [keys] receives the mean; sums to 1 */
void qp_alignment_mean(int heads, int keys, const qp_real *block, qp_real *weight);

/* qp_alignment_hard — the source token with the largest weight for target token t; ties go to the first. The last
 * source token (EOS) is chosen only when there is no other.
 * weight   [target tokens, source_count] */
int qp_alignment_hard(const qp_real *weight, int source_count, int t);

#endif
