#ifndef QP_WEIGHT_PANELS_H
#define QP_WEIGHT_PANELS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "lib/tensor/kernels/kernel_types.h"

/* weight_panels — weights in the layout that products read fastest, see qp_packed. */

/* qp_packed_init — pack W into `memory`, qp_packed_count(n, k) reals, 64-byte aligned, which must outlive the result.
 * w  [n, k]; transposed: w is W' [k, n] */
qp_packed qp_packed_init(qp_real *memory, qp_matrix w, bool transposed);

/* Late panels are those of a weight whose rows are in a mapped file. The first products read the rows, so that a model
 * is ready at once. Product number QP_LATE_USES packs the weight, which pays for itself after about as many, and gives
 * the pages of the file back, so that the memory in use stays that of the file. */
enum { QP_LATE_USES = 3 };

struct qp_late_panel {
    qp_real *memory; /* for the panels, as in qp_packed_init; NULL: the rows are used for good */
    atomic_int uses;
    _Atomic(const qp_real *) panel; /* memory, once it is filled */
    bool mapped;                    /* the rows are pages of a file: they may be given back */
};

/* qp_late_panels_of — the panels of w, or NULL: multiply with its rows. Counts a product; any thread, several at the
 *   same time. */
const qp_real *qp_late_panels_of(const qp_packed *w);

#endif
