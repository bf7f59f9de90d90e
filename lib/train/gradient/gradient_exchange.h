#ifndef QP_GRADIENT_EXCHANGE_H
#define QP_GRADIENT_EXCHANGE_H

#include "lib/cluster/cluster.h"
#include "lib/train/gradient/gradient_tree.h"

/* gradient_exchange — the gradient tree over several ranks.
 *
 * Ranks take shards 0 .. n-1 in runs that follow one another (qp_cluster_share). Each has the sums of the largest
 * nodes of the tree that hold its shards only, its roots. Blocks are cut into buckets, and each bucket into one slice
 * for each rank: rank r receives its slice of all roots and adds them as the tree says, then sends the sum to all,
 * unless it alone needs it (optimizer.h). Every element is added in the order it has on one rank, so its bits are the
 * same, for any number of ranks.
 * A bucket is sent as soon as all roots of this rank have it: during the backward pass of the last shards, which
 * completes the last layers first.
 * Traffic per rank: about (ranks-1)/ranks of a block each way, twice if the sum is sent; more if ranks do not divide
 * the shards. With QP_GRADIENT_BF16 half of it: a sum is a bfloat16 on its way. */
typedef struct qp_gradient_exchange qp_gradient_exchange;

/*   type     QP_GRADIENT_FP32 or _BF16                 buckets  of a block (qp_gradient_buckets)
 *   parts    bytes at which the slices begin, [buckets * ranks + 1], of which each rank gets its own sums alone; NULL:
 *            equal slices, and all ranks get all */
typedef struct {
    qp_cluster *cluster;
    int threads, type, buckets;
    const size_t *parts;
} qp_gradient_exchange_options;

/* qp_gradient_buckets — buckets of about so many MB in a block of so many reals.
 * qp_gradient_exchange_new — cuts `tree` into its buckets, and is called when they are ready.
 *   Memory  one block of gradients, two if there are statistics (lib/nn/statistic.h), whose sum is taken in two steps;
 *           one slice for each root; with bf16 half a block for each root of this rank, and half of each slice.
 *   Errors  QP_EMEMORY.
 * qp_gradient_exchange_begin — before the shards of an update run, of which there are `leaves` in all. Collective.
 * qp_gradient_exchange_poll — lets messages move on. Any thread; does nothing if another one is here.
 * qp_gradient_exchange_end — after all shards of this rank have joined the tree, or failed with `status`. Returns the
 *   one or two blocks whose sum is the gradient, as qp_gradient_tree_result; the same bits on every rank, and the same
 *   status. Collective.
 * qp_gradient_exchange_buckets — as given.
 * qp_gradient_exchange_bucket — the reals at which the buckets begin, [buckets+1].
 * qp_gradient_exchange_bytes — memory in use.
 * qp_gradient_exchange_need — before there is one: how many blocks of gradients its memory takes, on the rank that
 *   needs most, for updates of `leaves` shards. */
int qp_gradient_buckets(size_t reals, double megabytes);
qp_status qp_gradient_exchange_new(const qp_params *params, const qp_gradient_exchange_options *options,
                                   qp_gradient_tree *tree, qp_gradient_exchange **exchange);
void qp_gradient_exchange_free(qp_gradient_exchange *exchange);
qp_status qp_gradient_exchange_begin(qp_gradient_exchange *exchange, int leaves);
void qp_gradient_exchange_poll(qp_gradient_exchange *exchange);
qp_status qp_gradient_exchange_end(qp_gradient_exchange *exchange, qp_status status, const qp_real *gradient[2],
                                   int *count);
int qp_gradient_exchange_buckets(const qp_gradient_exchange *exchange);
const size_t *qp_gradient_exchange_bucket(const qp_gradient_exchange *exchange);
size_t qp_gradient_exchange_bytes(const qp_gradient_exchange *exchange);
double qp_gradient_exchange_need(const qp_gradient_exchange_options *options, int leaves);

#endif
