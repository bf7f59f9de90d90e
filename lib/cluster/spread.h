#ifndef QP_SPREAD_H
#define QP_SPREAD_H

#include <stdint.h>

#include "lib/cluster/cluster.h"

/* spread — which rank keeps which elements of a list that is too large for each of them. Ranks that need the same
 * elements at the same time, as those of a batch, take them together.
 *   cluster NULL   every rank has all elements
 *   first          [ranks + 1]: rank r keeps elements first[r] .. first[r+1]-1
 *   first NULL     they are dealt in turn: rank r keeps elements r, r + ranks, r + 2 ranks ... */
typedef struct {
    qp_cluster *cluster;
    int64_t *first;
} qp_spread;

/* Elements first .. first+count-1. */
typedef struct {
    int64_t first, count;
} qp_elements;

/* qp_spread_place — where element `number` is in this rank's memory; -1: another rank keeps it.
 * qp_spread_take — copies the elements of `spans`, each of `bytes`, to `to`, one after the other. `mine` are the
 *   elements that this rank keeps. Collective, with the same spans on all ranks.
 * qp_spread_each — all elements in their order, of a list of `count`, in blocks: `block` gets the elements first ..
 *   first+count-1. Collective; all ranks see all blocks.
 * Memory  the elements taken, once more; of qp_spread_each 1 MB, or one element.   Errors  QP_EMEMORY. */
int64_t qp_spread_place(const qp_spread *spread, int64_t number);
qp_status qp_spread_take(const qp_spread *spread, const void *mine, size_t bytes, const qp_elements *span, int spans,
                         void *to);
qp_status qp_spread_each(const qp_spread *spread, const void *mine, size_t bytes, int64_t count, void *self,
                         void (*block)(void *self, const void *element, int64_t first, int64_t count));

#endif
