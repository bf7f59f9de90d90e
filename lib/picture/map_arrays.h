#ifndef QP_MAP_ARRAYS_H
#define QP_MAP_ARRAYS_H

#include "lib/picture/picture.h"

/* qp_map_arrays_save — all maps of a picture as arrays for numpy.load: for each kind present (cross, encoder, decoder)
 * KIND_weights [layers, heads, rows, columns], and KIND_rows, KIND_columns, the tokens along the sides. Heads that a
 * layer does not have are 0.   Errors  those of qp_npz_save; QP_EMEMORY; QP_EUSAGE if there is no map. */
qp_status qp_map_arrays_save(const qp_picture *picture, const char *path);

#endif
