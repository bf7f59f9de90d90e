#ifndef QP_GRADIENT_EXCHANGE_INTERNAL_H
#define QP_GRADIENT_EXCHANGE_INTERNAL_H

#include <omp.h>

#include "lib/base/half.h"
#include "lib/train/gradient/gradient_exchange.h"

/* gradient_exchange_internal — the state of an exchange: gradient_exchange.c sends and receives the slices,
 * gradient_sums.c adds them and sends the sums. */

/* Slices begin at multiples of this many reals. */
enum { QP_SLICE_UNIT = 16 };

/* A root of the tree, of any rank. */
typedef struct {
    int rank, leaf;
    qp_real *sum;   /* own: the block; others: this rank's slices, one after the other */
    uint16_t *half; /* the same in the form that travels; NULL: fp32 */
} qp_gradient_root;

struct qp_gradient_exchange {
    const qp_params *params;
    qp_gradient_exchange_options options;
    qp_gradient_tree *tree;
    int rank, ranks;
    int blocks;         /* of the result: 1, or 2 with statistics */
    qp_real *result[2]; /* whole blocks */
    size_t *start;      /* [buckets * ranks + 1] bytes at which the slices begin */
    size_t *half_start; /* the same of bfloat16s */
    size_t *bucket;     /* [buckets+1] reals at which the buckets begin */
    size_t *own;        /* [buckets+1] reals of this rank's slices before this one */
    int *missing;       /* [buckets] own roots that do not have it yet */
    bool *sent;         /* [buckets] */
    int leaves, most_leaves;
    qp_gradient_root *root; /* of all ranks, [roots] */
    int roots, own_roots;
    int *at_leaf;      /* [leaves] the root that begins there, or -1 */
    qp_real *received; /* slices of the other ranks' roots */
    uint16_t *halves;  /* bf16: blocks of own roots, then slices of the others; at least one block */
    size_t received_reals, half_count;
    qp_message *message;
    qp_status status; /* of sending */
    omp_lock_t lock;  /* guards what follows from a ready bucket, and the messages */
};

/* Reals before a rank's slice of a bucket, and in it. */
static inline size_t qp_slice_begin(const qp_gradient_exchange *e, int bucket, int rank)
{
    return e->start[bucket * e->ranks + rank] / sizeof(qp_real);
}

static inline size_t qp_slice_count(const qp_gradient_exchange *e, int bucket, int rank)
{
    return qp_slice_begin(e, bucket, rank + 1) - qp_slice_begin(e, bucket, rank);
}

static inline void qp_gradient_pack(uint16_t *half, const qp_real *value, size_t n)
{
    for (size_t i = 0; i < n; i++) half[i] = qp_bfloat_of((float)value[i]);
}

/* qp_gradient_sums_add    — after all slices have arrived: this rank's slices of the tree, into result.
 * qp_gradient_sums_gather — the sums of all ranks, to all; result is then whole. Collective.   Errors  QP_EMEMORY. */
void qp_gradient_sums_add(qp_gradient_exchange *exchange);
qp_status qp_gradient_sums_gather(qp_gradient_exchange *exchange, int count);

#endif
