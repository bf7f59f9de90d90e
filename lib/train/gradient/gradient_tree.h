#ifndef QP_GRADIENT_TREE_H
#define QP_GRADIENT_TREE_H

#include "lib/base/status.h"
#include "lib/nn/params.h"
#include "lib/train/gradient/gradient_type.h"

/* gradient_tree — the pool of gradient blocks and the fixed tree in which they are summed.
 *
 * Node i of level l is the sum of nodes 2i and 2i+1 of level l-1; level 0 is the shards. An odd node at the end of a
 * level moves up unchanged. Timing decides which thread adds, not what is added: the right block is always added to the
 * left one. The two nodes at the top are added by their reader; with QP_GRADIENT_BF16 every node is rounded to
 * bfloat16, and there is one at the top. Address space for all blocks is reserved at once; a block takes memory when it
 * is first used. take, join and drop may be called by any thread.
 *
 * Blocks may be cut into buckets, which join one by one: the gradients of the last layers are complete first. */
typedef struct qp_gradient_tree qp_gradient_tree;

/* Called by the thread that completes bucket `bucket` of the root that begins at `leaf`. */
typedef struct {
    void *self;
    void (*root)(void *self, int leaf, int bucket);
} qp_gradient_ready;

/* qp_gradient_tree_new — a pool for at most `threads` workers.
 * qp_gradient_tree_cut — from the next update on blocks have `buckets` buckets, which begin at the reals bucket[i],
 *   [buckets+1]; borrowed.
 * qp_gradient_tree_begin — starts an update of `leaves` shards, of which first .. end-1 will join here, from `threads`
 *   workers. The others are those of other ranks. */
qp_status qp_gradient_tree_new(const qp_params *params, int threads, int type, qp_gradient_tree **tree);
void qp_gradient_tree_cut(qp_gradient_tree *tree, const size_t *bucket, int buckets, qp_gradient_ready ready);
void qp_gradient_tree_free(qp_gradient_tree *tree);
qp_status qp_gradient_tree_begin(qp_gradient_tree *tree, int leaves, int first, int end, int threads);

/* qp_gradient_tree_take — a block from the pool; waits while threads + log2(leaves) are in use; -1 if there is no
 *                         memory and no worker that could return a block.
 * qp_gradient_tree_at   — the block's gradient.
 * qp_gradient_tree_join — a bucket of shard `leaf` is ready in `block`: adds it upward as far as siblings are ready.
 * qp_gradient_tree_drop — returns the block unread (the shard failed). */
int qp_gradient_tree_take(qp_gradient_tree *tree);
qp_gradient *qp_gradient_tree_at(qp_gradient_tree *tree, int block);
void qp_gradient_tree_join(qp_gradient_tree *tree, int leaf, int block, int bucket);
void qp_gradient_tree_drop(qp_gradient_tree *tree, int block);

/* qp_gradient_tree_result — after all leaves have joined here: the one or two blocks at the top; returns how many.
 * qp_gradient_tree_root — a root is a node whose leaves all join here, while those of the node above do not; its
 *   sum, by its first leaf. The top nodes are roots of a process alone.
 * qp_gradient_tree_top_level — the level of the top: the lowest one of at most two nodes, or of one (bf16).
 * qp_gradient_tree_root_end — the leaf after the root that begins at leaf `first`, where leaves up to end-1 join.
 * qp_gradient_tree_need — before there is a tree: how many blocks an update of `leaves` shards takes where leaves
 *   first .. end-1 join, if `threads` workers finish them in order: those in work, and the sums of those before.
 * qp_gradient_tree_add — to = to + from, rounded as the type says. */
int qp_gradient_tree_result(const qp_gradient_tree *tree, const qp_real *gradient[2]);
qp_real *qp_gradient_tree_root(const qp_gradient_tree *tree, int leaf);
int qp_gradient_tree_top_level(int leaves, int type);
int qp_gradient_tree_root_end(int leaves, int first, int end, int type);
int qp_gradient_tree_need(int leaves, int first, int end, int threads, int type);
void qp_gradient_tree_add(int type, size_t n, const qp_real *from, qp_real *to);
int qp_gradient_tree_blocks(const qp_gradient_tree *tree); /* blocks ever used */

#endif
