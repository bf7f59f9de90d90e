#ifndef QP_OP_EMBEDDING_H
#define QP_OP_EMBEDDING_H

#include <stdint.h>

#include "lib/grad/tape.h"

/* qp_embedding — y[r] = scale*weight[id[r]] + position_table[position[r]]
 * weight    [vocabulary, d];  id [rows], each in 0 .. vocabulary-1
 * position  [rows] and position_table [positions, d]: both or neither (NULL, empty); a learned table has a node and
 *           receives a gradient, a sinusoidal one is a constant. Ids and positions are borrowed until the backward.
 * returns   [rows, d]
 * Memory    the output.
 * Errors    QP_ESHAPE for an id or a position outside its table, QP_EMEMORY, remembered by the tape. */
qp_tensor qp_embedding(qp_tape *tape, qp_tensor weight, int rows, const int32_t *id, qp_real scale,
                       const int32_t *position, qp_tensor position_table);

/* qp_positions_waves — fill table [count, d] for the positions p = first .. first+count-1:
 *   angle = p * frequency[i], i < d/2, computed in double; sines and cosines times magnitude
 *   interleaved  columns 2i = sin, 2i+1 = cos          halves  columns i = sin, i + d/2 = cos
 * An odd d has one more sine (interleaved) or a column of zeros.
 * Source  Vaswani et al. 2017. */
typedef struct {
    const double *frequency; /* [(d + 1) / 2] */
    double magnitude;
    bool halves;
} qp_waves;
void qp_positions_waves(int first, int count, int d, const qp_waves *waves, qp_real *table);

#endif
