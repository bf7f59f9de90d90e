#ifndef QP_SHARD_CUT_H
#define QP_SHARD_CUT_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* shard_cut — parts of a batch: some of its sequences, with everything that belongs to their rows. */

/* Sequences first .. end-1 of a batch. */
typedef struct {
    const qp_batch *batch;
    int first, end;
    qp_real weight; /* of its loss */
} qp_shard;

/* qp_batch_rows_before — rows of both sides before a sequence.
 * qp_shard_cut_end — cuts sequences first .. end-1 into `parts` parts of about equal rows: returns the end of part
 *   k = 1, 2 ... that begins at `from`. A cut is at the sequence boundary nearest to its share of the rows; every part
 *   gets at least one sequence.
 * qp_shard_check — QP_ESHAPE for a batch without rows or with gaps between its sequences.
 * qp_shard_view — a shard as a batch of its own; its lists of starts are on the tape. */
int64_t qp_batch_rows_before(const qp_batch *batch, int sequence);
int qp_shard_cut_end(const qp_batch *batch, int first, int end, int parts, int k, int from);
qp_status qp_shard_check(const qp_batch *batch);
qp_batch qp_shard_view(qp_tape *tape, const qp_shard *shard);

/* Rows before a sequence of one side. */
static inline int64_t qp_rows_before(qp_sequences s, int sequence)
{
    return s.count ? s.start[sequence] - s.start[0] : 0;
}

#endif
