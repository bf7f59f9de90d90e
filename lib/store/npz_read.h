#ifndef QP_NPZ_READ_H
#define QP_NPZ_READ_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* npz_read — the arrays of a .npz file: an uncompressed zip archive of one .npy file for each array, in C order, as
 * npz.h, numpy.savez and cnpy write it; or the only array of a .npy file, which has no name. Files are not trusted.
 * Source  numpy.lib.format (version 1.0 to 3.0); PKWARE APPNOTE 6.3. */
enum { QP_NPZ_NAME_BYTES = 256, QP_NPZ_DIMENSIONS = 4 };
typedef struct qp_npz_file qp_npz_file;

/* type: of the values. OTHER can be listed, not read: other types, more than 4 dimensions, Fortran order. */
typedef enum { QP_NPZ_FLOAT, QP_NPZ_BYTE, QP_NPZ_OTHER, QP_NPZ_COMPRESSED } qp_npz_type;
typedef struct {
    char name[QP_NPZ_NAME_BYTES];
    qp_npz_type type;
    int dimensions; /* 0 where type is OTHER or COMPRESSED */
    int64_t shape[QP_NPZ_DIMENSIONS];
    uint64_t offset; /* of the values in the file, which holds all of them */
    size_t count;    /* elements */
} qp_npz_array;

/* qp_npz_open — reads names, types and shapes; the values stay in the file. qp_npz_close frees; NULL is fine.
 *   Memory  proportional to the names.    Errors  QP_ENOINPUT; QP_EDATA: no such file, damaged, more than 4 GB, a name
 *   twice; QP_EIO; QP_EMEMORY.
 * qp_npz_find — the number of an array, or -1.
 * qp_npz_readable — QP_EDATA, naming the array, where its type is OTHER or COMPRESSED.
 * qp_npz_values — all of the values of an array of floats (4 bytes each) or bytes.   Errors  those of
 *   qp_npz_readable; QP_EIO. */
qp_status qp_npz_open(const char *path, qp_npz_file **file);
void qp_npz_close(qp_npz_file *file);
int qp_npz_count(const qp_npz_file *file);
const char *qp_npz_path(const qp_npz_file *file);
const qp_npz_array *qp_npz_at(const qp_npz_file *file, int index);
int qp_npz_find(const qp_npz_file *file, const char *name);
qp_status qp_npz_readable(const qp_npz_file *file, int index);
qp_status qp_npz_values(const qp_npz_file *file, int index, void *value);

/* qp_npz_matrix — the array `name` of a .npz file, or that of a .npy file: float32, [rows, columns]; *value
 *   [rows, columns] is malloc'ed.
 * Errors  those of qp_npz_open; QP_EDATA for other types and shapes, with what to do; QP_EMEMORY.
 * Memory  the array. */
qp_status qp_npz_matrix(const char *path, const char *name, float **value, int *rows, int *columns);

#endif
