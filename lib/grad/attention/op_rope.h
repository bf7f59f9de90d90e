#ifndef QP_OP_ROPE_H
#define QP_OP_ROPE_H

#include <stdint.h>

#include "lib/grad/tape.h"

/* qp_rope — rotary positions: in each of the first `heads` heads of d columns, the pair i, i + d/2 turns by the angle
 * a = position * base^(-2i/d) ("half-split", as LLaMA pairs them); the columns behind the heads are copied
 *   y[i] = x[i] cos a - x[i+d/2] sin a        y[i+d/2] = x[i+d/2] cos a + x[i] sin a
 * x         [rows, at least heads*d]: queries and keys lie side by side, the values behind them
 * position  [rows], borrowed until the backward
 * table     [positions, d], sines beside cosines: qp_positions_sinusoidal(0, positions, d, base, true, ...)
 * returns   [rows, columns of x]
 * Memory  the output.   Errors  QP_ESHAPE (a position outside the table, d odd), QP_EMEMORY, remembered by the tape.
 * Source  Su et al. 2021. */
qp_tensor qp_rope(qp_tape *tape, qp_tensor x, int heads, const int32_t *position, qp_tensor table);

#endif
