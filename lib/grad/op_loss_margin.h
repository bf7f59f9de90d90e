#ifndef QP_OP_LOSS_MARGIN_H
#define QP_OP_LOSS_MARGIN_H

#include <stdint.h>

#include "lib/grad/op_loss.h"

/* qp_class_hinge — the hinge of several classes: the right one should lead every other by the margin
 *   value[r] = 1/C * sum over c != y of max(0, margin - x[y] + x[c]),  y = target[r];   0 where target[r] < 0
 * x [rows, C], C >= 2; target [rows], borrowed until the backward
 * QP_SUM the sum [1, 1]; QP_MEAN divided by the rows that count [1, 1]; QP_NONE the column [rows, 1]
 * Memory  the output.   Errors  QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source  Weston & Watkins 1999 (with the mean over classes, as PyTorch's multi_margin_loss). */
qp_tensor qp_class_hinge(qp_tape *tape, qp_tensor x, const int32_t *target, qp_real margin, qp_reduction reduction);

#endif
