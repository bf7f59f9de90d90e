#ifndef QP_POSITION_TABLE_H
#define QP_POSITION_TABLE_H

#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* position_table — sines and cosines of positions [positions, width], computed when they are first needed, so that
 * memory and time depend on the longest sequence seen and not on --max-length. Any number of threads may use one. */
typedef struct qp_position_table qp_position_table;

/* qp_position_table_new — base and halves as in qp_positions_sinusoidal (grad/op_embedding.h).
 * Errors  QP_EMEMORY. */
qp_status qp_position_table_new(int positions, int width, double base, bool halves, qp_position_table **table);
void qp_position_table_free(qp_position_table *table);

/* qp_position_table_rows — the table as a constant of `positions` rows, of which the first `count` (at most all)
 *   are filled
 * and no other may be read. */
qp_tensor qp_position_table_rows(qp_position_table *table, int count);

#endif
