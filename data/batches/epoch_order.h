#ifndef QP_EPOCH_ORDER_H
#define QP_EPOCH_ORDER_H

#include <stdint.h>

#include "lib/base/status.h"

/* epoch_order — which sequences a training pass reads, in random order, where that is not each of them once.
 *
 * Groups (files with shares, labels drawn equally often): group g is read share[g] of the pass, which stays as long as
 * the data: a small group again and again, of a large one another random part in each pass.
 * Curriculum: pass e (from 0) of the first `curriculum` reads the (e+1)/(curriculum+1) of the sequences that come first
 * by `rank`, the shortest ones; then all are read (Bengio et al. 2009). */
typedef struct {
    int64_t sequences;
    const int32_t *group; /* [sequences]; NULL: no groups */
    int groups;
    const double *share; /* [groups] above 0, in any scale; groups without sequences do not count */
    int64_t curriculum;  /* 0: none */
} qp_epoch_order_options;

typedef struct qp_epoch_order qp_epoch_order;

/* qp_epoch_order_new  — the options' arrays must outlive it; `rank` [sequences], a permutation, is copied (NULL: there
 *   is no curriculum).   Memory: 8 bytes for each sequence.   Errors  QP_EMEMORY.
 * qp_epoch_order_draw — writes the numbers of pass `epoch` into order[sequences] and returns how many there are. They
 *   depend on key and epoch alone. */
qp_status qp_epoch_order_new(const qp_epoch_order_options *options, const int32_t *rank, qp_epoch_order **order);
int64_t qp_epoch_order_draw(qp_epoch_order *order, uint64_t key, int64_t epoch, int32_t *number);
void qp_epoch_order_free(qp_epoch_order *order);

#endif
