#ifndef QP_OP_ROPE_H
#define QP_OP_ROPE_H

#include <stdint.h>

#include "lib/grad/tape.h"

/* qp_rope — rotary positions: in each of the first `heads` heads of `width` columns, the pair of columns i, i + d/2 of
 * the first d is rotated by the angle a = position * frequency[i] ("half-split", LLaMA's order); all else is copied
 *   y[i] = x[i] cos a - x[i+d/2] sin a        y[i+d/2] = x[i+d/2] cos a + x[i] sin a
 * x         [rows, at least heads*width]: queries and keys side by side, then the values
 * position  [rows], borrowed until the backward
 * table     [positions, d], d <= width, sines then cosines (qp_positions_waves)
 * returns   [rows, columns of x]
 * Memory    the output.   Errors  QP_ESHAPE (a position outside the table, d odd), QP_EMEMORY, remembered by the tape.
 * Source    Su et al. 2021. */
qp_tensor qp_rope(qp_tape *tape, qp_tensor x, int heads, int width, const int32_t *position, qp_tensor table);

#endif
