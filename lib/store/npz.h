#ifndef QP_NPZ_H
#define QP_NPZ_H

#include <stdint.h>

#include "lib/base/status.h"

/* npz — named arrays in a file that numpy.load opens: an uncompressed zip archive of one .npy file (version 1.0) per
 * array. Equal contents make equal files. Up to 4 GB (no zip64).
 * Source  numpy.lib.format; PKWARE APPNOTE 6.3. */
typedef struct qp_npz qp_npz;

/* Call new, add the arrays in order, then save. Failures are remembered and reported by save.
 *   add_floats    values are borrowed until save; shape of `dimensions` sizes, at most 8
 *   add_integers  the same, as int32
 *   add_texts     an array of strings (numpy's <U type); copied; text that is not UTF-8 gets U+FFFD
 *   save          writes `path` completely or not at all; frees npz either way
 * Errors of save  QP_EMEMORY; QP_EDATA for more than 4 GB or a name twice; those of qp_writer. */
qp_npz *qp_npz_new(void);
void qp_npz_add_floats(qp_npz *npz, const char *name, int dimensions, const int64_t *shape, const float *value);
void qp_npz_add_integers(qp_npz *npz, const char *name, int dimensions, const int64_t *shape, const int32_t *value);
void qp_npz_add_texts(qp_npz *npz, const char *name, const char *const *text, int count);
qp_status qp_npz_save(qp_npz *npz, const char *path);
void qp_npz_free(qp_npz *npz);

#endif
