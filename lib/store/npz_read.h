#ifndef QP_NPZ_READ_H
#define QP_NPZ_READ_H

#include "lib/base/status.h"

/* qp_npz_matrix — the array `name` of a .npz file, or the only one of a .npy file: float32, [rows, columns], in C
 *   order; *value [rows, columns] is malloc'ed. Files of npz.h, numpy.savez and numpy.save.
 * Errors  those of qp_file_read; QP_EDATA for a damaged file, a compressed array (numpy.savez_compressed), other types
 *         and shapes, with what to do; QP_EMEMORY.
 * Memory  the file and the array.
 * Source  numpy.lib.format (version 1.0 to 3.0); PKWARE APPNOTE 6.3. */
qp_status qp_npz_matrix(const char *path, const char *name, float **value, int *rows, int *columns);

#endif
