#ifndef QP_WEIGHT_PANELS_H
#define QP_WEIGHT_PANELS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "lib/tensor/kernels/kernel_types.h"

/* weight_panels — weights in the layout that products read fastest, see qp_packed. */

/* qp_packed_init — pack W into `memory`, qp_packed_count(n, k) reals, 64-byte aligned, which must outlive the result.
 * w  [n, k]; transposed: w is W' [k, n] */
qp_packed qp_packed_init(qp_real *memory, qp_matrix w, bool transposed);

/* Late panels are made when a weight is used: the first products read its rows, so that a model is ready at once.
 * - reals in a mapped file: product number QP_LATE_USES packs the weight, which pays for itself after about as many,
 *   and gives the pages of the file back, so that the memory in use stays that of the file
 * - 8 bits, where the processor has a kernel for panels (dot_kernels.h): product number QP_LATE_WIDE_USES of several
 *   rows packs the weight, a second copy for these products. A prompt alone does not, decoding a batch does. */
enum { QP_LATE_USES = 3, QP_LATE_WIDE_USES = 8 };

struct qp_late_panel {
    void *memory; /* for the panels, qp_late_bytes; 64-byte aligned; NULL: the rows are used for good */
    atomic_int uses;
    _Atomic(const void *) panel; /* memory, once it is filled */
    bool mapped;                 /* the rows are reals in pages of a file: they may be given back */
};

/* qp_late_bytes — memory for the late panels of w; 0: it gets none.
 * qp_late_panels_of — the panels of w, or NULL: multiply with its rows. Counts a product; any thread, several at the
 *   same time. For 8 bits only products that would read panels ask. */
size_t qp_late_bytes(const qp_packed *w);
const void *qp_late_panels_of(const qp_packed *w);

#endif
