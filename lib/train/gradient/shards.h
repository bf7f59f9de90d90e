#ifndef QP_SHARDS_H
#define QP_SHARDS_H

#include "lib/cluster/cluster.h"
#include "lib/nn/params.h"
#include "lib/train/gradient/shard_cut.h"

/* shards — the gradient of one update; its bits depend on the batch only, not on the number of threads or ranks.
 *
 * A batch is cut into shards; their number follows from its rows and sequences, never from the machine. Each shard runs
 * forward and backward on the tape of the thread that took it, into its own gradient block. Blocks are summed in a
 * fixed binary tree: blocks 2i and 2i+1 are added as soon as both are ready, by the thread that finishes second, and
 * the freed block returns to the pool. The last two are not added here: the optimizer adds them while it reads them. At
 * most threads + log2(shards) blocks are in use. Nothing is allocated once the largest batch has been seen. A thread
 * without a shard runs tiles (tiles.h) of the others' operations.
 *
 * Several ranks deal the shards of a batch among themselves: shard_ranks.h, gradient_exchange.h. */

/* The loss to minimize, summed over one shard, [1,1]. Called by several threads at once, each with its own tape. */
typedef struct {
    void *self;
    qp_tensor (*loss)(void *self, qp_tape *tape, const qp_batch *shard);
    bool whole; /* it compares the sequences of a batch with each other: a batch is one shard of one piece */
    bool recurrent; /* it goes step by step through its sequences: pieces of QP_LARGE_PIECE_ROWS */
} qp_loss_function;

/* qp_shards_piece_rows — rows of a piece (shard_cut.h), with products in bfloat16 or without; more if one sequence has
 * more. */
int qp_shards_piece_rows(const qp_loss_function *function, bool bf16);

typedef struct qp_shards qp_shards;

/* qp_shards_set_bf16       — training steps multiply with weights rounded to bfloat16 (op_linear.h), validation does
 *                            not.
 * qp_shards_profile        — reports each operation's time (tape.h); several threads call the profiler.
 * qp_shards_new            — threads: number of workers (see qp_threads_of); shard_rows: rows of a shard, 0:
 *                            QP_SHARD_ROWS.
 * qp_shards_set_type       — QP_GRADIENT_BF16: sums are rounded (gradient_tree.h). Errors  QP_EMEMORY.
 * qp_shards_set_batch_mean — weights the batches of an update equally, whatever their target rows: loss and gradient
 *                            are then the mean of the batches' means.
 * qp_shards_set_cluster    — shares the shards of every call among ranks (gradient_exchange.h), each of which calls
 *                            with the same batches, and gets the same result. With the parts of a divided
 *                            optimizer (qp_optimizer_parts) each gets its parts of the gradient only, else parts is
 *                            NULL; `buckets` of a block are sent one by one. Errors  QP_EMEMORY.
 * qp_shards_free           — to be called by the thread that ran the steps: it unpins the workers. */
qp_status qp_shards_new(const qp_params *params, int threads, int64_t shard_rows, qp_shards **shards);
void qp_shards_set_bf16(qp_shards *shards);
void qp_shards_profile(qp_shards *shards, const qp_tape_profiler *profiler);
void qp_shards_set_batch_mean(qp_shards *shards);
qp_status qp_shards_set_type(qp_shards *shards, int type);
qp_status qp_shards_set_cluster(qp_shards *shards, qp_cluster *cluster, const size_t *parts, int buckets);
void qp_shards_free(qp_shards *shards);

typedef struct {
    double loss; /* summed over all target rows, in tree order; after qp_shards_set_batch_mean each batch is weighted by
                  * rows / (batches * its own rows), so that loss / target_rows is the mean of the batches' means */
    int64_t source_rows, target_rows;
    int shards;
    const qp_real *gradient[2]; /* their sum is d(loss / target_rows)/d(parameters); valid until the next call */
    int gradient_count;         /* 1 or 2; 0 after qp_shards_evaluate */
} qp_shards_result;

/* qp_shards_run — loss and gradient of the `count` batches of one update (gradient accumulation).
 * key      of the update's random numbers; shard k draws from q = qp_random_key(key, k), its pieces p = 2, 3 ... from
 *          qp_random_key(q, p)
 * Errors   status and message of the first failing shard (lowest number); QP_ESHAPE for a batch without rows or with
 *          gaps between its sequences; QP_EMEMORY. A loss that is not finite is not an error here. */
qp_status qp_shards_run(qp_shards *shards, const qp_loss_function *function, const qp_batch *batch, int count,
                        uint64_t key, qp_shards_result *result);

/* qp_shards_evaluate — the same in QP_INFER, without gradients: validation. */
qp_status qp_shards_evaluate(qp_shards *shards, const qp_loss_function *function, const qp_batch *batch, int count,
                             qp_shards_result *result);

int qp_shards_threads(const qp_shards *shards);
int qp_shards_blocks(const qp_shards *shards);   /* gradient blocks ever used */
size_t qp_shards_bytes(const qp_shards *shards); /* tapes at their peak, and gradient blocks */

#endif
