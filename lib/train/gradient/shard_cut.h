#ifndef QP_SHARD_CUT_H
#define QP_SHARD_CUT_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* shard_cut — cuts the batches of an update into shards: some sequences of a batch, with everything that belongs to
 * their rows. */

/* A batch has at least 2 shards when it has 2 sequences and QP_SHARD_SPLIT_ROWS rows, so that two cores have work, or
 * one where larger shards are asked for: then the other threads run tiles. Each shard costs a block as large as the
 * weights, and a sum. A shard of more rows than a piece runs as several pieces in turn, into one gradient block, so
 * that the tape holds one piece only. Each piece packs every weight for its products: pieces of 256 rows take 2 %
 * longer. Two kinds of pieces are large: those of a recurrent model, whose steps multiply one row of each sequence, and
 * those of products in bfloat16, which take half the time and round the weights too. All these affect the bits. */
enum {
    QP_SHARD_ROWS = 1024,
    QP_SHARD_SPLIT_ROWS = 128,
    QP_SHARDS_MAX = 64,
    QP_PIECE_ROWS = 384,
    QP_LARGE_PIECE_ROWS = 768
};

/* qp_shards_count — number of shards of a batch of `rows` (source and target rows together) in `sequences`: the largest
 * power of two not above rows/shard_rows (0: QP_SHARD_ROWS), at least 2 as above, at most QP_SHARDS_MAX and the number
 * of sequences. */
int qp_shards_count(int64_t rows, int sequences, int64_t shard_rows);

/* Sequences first .. end-1 of a batch. */
typedef struct {
    const qp_batch *batch;
    int first, end;
    qp_real weight; /* of its loss */
} qp_shard;

/* The shards of an update, in order. */
typedef struct {
    qp_shard *shard; /* [count] */
    int count, capacity;
    int64_t source_rows, target_rows; /* of all batches */
} qp_shard_list;

/* qp_shard_list_cut — the shards of `count` batches, in place of those before; `whole`: one of each batch.
 *   Errors  QP_ESHAPE for a batch without rows or with gaps between its sequences; QP_EMEMORY.
 * qp_shard_list_weight_batches — weights the `count` batches equally, whatever their target rows. */
qp_status qp_shard_list_cut(qp_shard_list *list, const qp_batch *batch, int count, int64_t shard_rows, bool whole);
void qp_shard_list_weight_batches(qp_shard_list *list, int count);
void qp_shard_list_free(qp_shard_list *list);

/* qp_batch_rows_before — rows of both sides before a sequence.
 * qp_shard_pieces — pieces of a shard of `rows` in `sequences`: as many whole sequences of mean length in each as
 *   `most` rows hold, at least one.
 * qp_shard_cut_end — cuts sequences first .. end-1 into `parts` parts of about equal rows: returns the end of part
 *   k = 1, 2 ... that begins at `from`. A cut is at the sequence boundary nearest to its share of the rows; every part
 *   gets at least one sequence.
 * qp_shard_view — a shard as a batch of its own; its lists of starts are on the tape. */
int64_t qp_batch_rows_before(const qp_batch *batch, int sequence);
int qp_shard_pieces(int64_t rows, int sequences, int most);
int qp_shard_cut_end(const qp_batch *batch, int first, int end, int parts, int k, int from);
qp_batch qp_shard_view(qp_tape *tape, const qp_shard *shard);

/* Rows before a sequence of one side. */
static inline int64_t qp_rows_before(qp_sequences s, int sequence)
{
    return s.count ? s.start[sequence] - s.start[0] : 0;
}

#endif
