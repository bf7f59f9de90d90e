#ifndef QP_GRADIENT_EXCHANGE_H
#define QP_GRADIENT_EXCHANGE_H

#include "lib/cluster/cluster.h"
#include "lib/train/gradient_tree.h"

/* gradient_exchange — the gradient tree over several ranks.
 *
 * Ranks take shards 0 .. n-1 in runs that follow one another (qp_cluster_share). Each has the sums of the largest
 * nodes of the tree that hold its shards only, its roots. Rank r is responsible for one slice of every block, a
 * 1/ranks of it: it receives that slice of all roots and adds them as the tree says, then sends the sum to all, unless
 * it alone needs it (optimizer.h). Every element is added in the order it has on one rank, so its bits are the same,
 * for any number of ranks.
 * Traffic per rank: about (ranks-1)/ranks of a block each way, twice if the sum is sent; more if ranks do not divide
 * the shards. */
typedef struct qp_gradient_exchange qp_gradient_exchange;

/* qp_gradient_exchange_new — Memory  one block of gradients, two if there are statistics (lib/nn/statistic.h), whose
 *   sum is taken in two steps; one slice for each root. Errors  QP_EMEMORY.
 *   parts  bytes at which the slices begin, [ranks+1], of which each rank gets its own sum alone; NULL: equal slices,
 *          and all ranks get all
 * qp_gradient_exchange_run — after all shards of all ranks have joined `tree`: the one or two blocks whose sum is the
 *   gradient, as qp_gradient_tree_result; the same bits on every rank. `leaves` shards in all. Collective.
 * qp_gradient_exchange_bytes — memory in use. */
qp_status qp_gradient_exchange_new(const qp_params *params, qp_cluster *cluster, int threads,
                                   const size_t *parts, qp_gradient_exchange **exchange);
void qp_gradient_exchange_free(qp_gradient_exchange *exchange);
qp_status qp_gradient_exchange_run(qp_gradient_exchange *exchange, const qp_gradient_tree *tree, int leaves,
                                   const qp_real *gradient[2], int *count);
size_t qp_gradient_exchange_bytes(const qp_gradient_exchange *exchange);

#endif
