#ifndef QP_OP_JOIN_H
#define QP_OP_JOIN_H

#include "lib/grad/tape.h"

/* qp_join_columns — y = [part_0 | part_1 | ...]: parts of equal rows side by side, [rows, sum of columns]
 * qp_join_rows    — parts of equal columns one below the other, [sum of rows, columns]
 * part    [count], count >= 1; a single part is returned unchanged
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_join_columns(qp_tape *tape, int count, const qp_tensor *part);
qp_tensor qp_join_rows(qp_tape *tape, int count, const qp_tensor *part);

#endif
