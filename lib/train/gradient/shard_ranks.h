#ifndef QP_SHARD_RANKS_H
#define QP_SHARD_RANKS_H

#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/gradient/shard_cut.h"

/* shard_ranks — what a rank does besides when several share the shards of an update; a process alone has none of it. */

/* A gradient that joins the tree bucket by bucket: each as soon as the backward pass has completed the last of its
 * parameters, so that it travels while the layers below compute. One watch for each worker. */
typedef struct qp_bucket_watch qp_bucket_watch;

/* qp_bucket_watch_begin    — a shard begins, with this block of the tree.
 * qp_bucket_watch_forward  — before the forward pass of its last piece, after qp_tape_bind.
 * qp_bucket_watch_backward — before the backward pass of its last piece: counts what that will complete.
 * qp_bucket_watch_end      — after its last piece: joins the buckets that no parameter completed.
 * Errors  QP_EMEMORY. */
qp_status qp_bucket_watch_new(const qp_params *params, qp_gradient_tree *tree, qp_gradient_exchange *exchange,
                              qp_bucket_watch **watch);
void qp_bucket_watch_free(qp_bucket_watch *watch);
void qp_bucket_watch_begin(qp_bucket_watch *watch, int shard, int block);
void qp_bucket_watch_forward(qp_bucket_watch *watch, qp_tape *tape);
void qp_bucket_watch_backward(qp_bucket_watch *watch);
void qp_bucket_watch_end(qp_bucket_watch *watch);

/* qp_shard_ranks_gather — after each rank ran its share of the list: the losses [list.count] of all, and the rows of
 *   state that their sequences carry to the next batch. Collective.   Errors  QP_EMEMORY. */
qp_status qp_shard_ranks_gather(qp_cluster *cluster, const qp_shard_list *list, double *loss);

#endif
