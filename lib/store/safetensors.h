#ifndef QP_SAFETENSORS_H
#define QP_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/files/map.h"
#include "lib/base/real.h"
#include "lib/base/status.h"

/* safetensors — named arrays and a string map in one file:
 *     u64 N, little-endian | N bytes of JSON | the arrays' bytes, little-endian, row-major, without gaps
 *     JSON: {"__metadata__": {string: string}, NAME: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}}
 * Files are not trusted: every size is checked against the length of the file before anything is allocated, and arrays
 * are read in pieces into the caller's memory, so that neither a wrong header nor a file that shrinks while it is read
 * does harm.
 * Source  the format's description at github.com/huggingface/safetensors. */

typedef enum {
    QP_DTYPE_F64,
    QP_DTYPE_F32,
    QP_DTYPE_F16,
    QP_DTYPE_BF16,
    QP_DTYPE_I64,
    QP_DTYPE_I32,
    QP_DTYPE_I8,
    QP_DTYPE_U8,
    QP_DTYPE_BOOL,
    QP_DTYPE_COUNT
} qp_dtype;

#ifdef QP_DOUBLE
#define QP_DTYPE_REAL QP_DTYPE_F64
#else
#define QP_DTYPE_REAL QP_DTYPE_F32
#endif

/* qp_dtype_bytes / qp_dtype_name — of one element; "F32". */
size_t qp_dtype_bytes(qp_dtype dtype);
const char *qp_dtype_name(qp_dtype dtype);

enum { QP_SHAPE_MAX = 8, QP_STORED_MAX = 100000 };

/* One array of a file. */
typedef struct {
    const char *name;
    qp_dtype dtype;
    int dimensions; /* 0: a scalar */
    int64_t shape[QP_SHAPE_MAX];
    size_t count; /* elements */
    size_t bytes;
    uint64_t offset; /* of the first byte, from the beginning of the file */
} qp_stored;

/* ---- reading ---- */

typedef struct qp_safetensors qp_safetensors;

/* qp_safetensors_open — read and check the header; the arrays stay in the file, in the order of their bytes.
 * Memory  the header, parsed.
 * Errors  QP_ENOINPUT missing, a folder, unreadable; QP_EDATA not such a file, truncated, damaged, or an element type
 *         that is not supported; QP_EIO; QP_EMEMORY.
 * qp_safetensors_begin, qp_safetensors_parse — the same in two steps: after the first, the file can be mapped and
 *   verified, by another thread too. */
qp_status qp_safetensors_open(const char *path, qp_safetensors **file);
qp_status qp_safetensors_begin(const char *path, qp_safetensors **file);
qp_status qp_safetensors_parse(qp_safetensors *file);
void qp_safetensors_close(qp_safetensors *file);
const char *qp_safetensors_path(const qp_safetensors *file);

int qp_safetensors_count(const qp_safetensors *file);
const qp_stored *qp_safetensors_at(const qp_safetensors *file, int index);
const qp_stored *qp_safetensors_find(const qp_safetensors *file, const char *name); /* NULL: none */

/* qp_safetensors_need — the array `name` with exactly this shape; QP_EDATA naming file, array and both shapes. A
 * dimension of -1 accepts any. */
qp_status qp_safetensors_need(const qp_safetensors *file, const char *name, int dimensions, const int64_t *shape,
                              const qp_stored **stored);

/* The string map, in the order of the file. Values live as long as the file is open. */
int qp_safetensors_metadata_count(const qp_safetensors *file);
const char *qp_safetensors_metadata_key(const qp_safetensors *file, int index);
const char *qp_safetensors_metadata_value(const qp_safetensors *file, int index);
const char *qp_safetensors_metadata(const qp_safetensors *file, const char *key); /* NULL: none */

/* Copy one array into the caller's memory of stored->count elements (bytes: stored->bytes).
 *   reals     any type, converted; F64 is rounded to float, F16 and BF16 are exact; I8 with an array of its name and
 *             QP_SCALE_ENDING, F32 [rows]: each row times its factor; QP_EDATA if that has another shape or a factor
 *             that is negative or not finite
 *   integers  I64, I32, U8, BOOL; QP_EDATA for the others
 * Safe from several threads at once.   Errors  QP_EIO (naming the file) if the bytes cannot be read. */
#define QP_SCALE_ENDING ".scale"
qp_status qp_safetensors_reals(const qp_safetensors *file, const qp_stored *stored, qp_real *value);
qp_status qp_safetensors_integers(const qp_safetensors *file, const qp_stored *stored, int64_t *value);
qp_status qp_safetensors_scales(const qp_safetensors *file, const qp_stored *stored,
                                float *scale); /* [rows] of an I8 */
qp_status qp_safetensors_bytes(const qp_safetensors *file, const qp_stored *stored, void *value);

/* qp_safetensors_map — map the whole file, so that arrays can be used where they lie.   Errors  QP_EIO; QP_EMEMORY.
 * qp_safetensors_mapped — the map, which outlives the file with qp_map_share; NULL: not mapped.
 * qp_safetensors_place — the bytes of an array in the map; any alignment.
 * qp_safetensors_scales_place — those of the factors of an I8 array, checked as by qp_safetensors_scales; NULL: not
 *   aligned. */
qp_status qp_safetensors_map(qp_safetensors *file);
qp_map *qp_safetensors_mapped(const qp_safetensors *file);
const void *qp_safetensors_place(const qp_safetensors *file, const qp_stored *stored);
qp_status qp_safetensors_scales_place(const qp_safetensors *file, const qp_stored *stored, const float **scale);

/* qp_safetensors_verify — compare the whole file with its checksum (metadata key QP_CHECKSUM_KEY; see checksum.h), the
 * checksum's own 32 hexadecimal digits counted as '0'. One pass by all threads, over the map if there is one. Files of
 * earlier versions have the 128 bit XXH3 of all bytes.
 * Errors  QP_EDATA if it differs or is absent (a flipped bit may have hit its key); QP_EIO. Files of other projects
 *         have no checksum. */
#define QP_CHECKSUM_KEY "quipu.checksum"
qp_status qp_safetensors_verify(const qp_safetensors *file);

/* ---- writing ---- */

typedef struct qp_safetensors_writer qp_safetensors_writer;

/* Call new, add metadata and arrays in order, then save. The file depends on nothing else (no date, no host): equal
 * contents make equal files, byte for byte. Failures (memory, a name given twice, text that is not UTF-8) are
 * remembered and reported by save.
 *   metadata  copies key and value; values may be megabytes long
 *   add       copies the name; `value` is borrowed until save
 *   save      writes `path` completely or not at all (qp_writer) and adds the checksum; frees the writer either way */
qp_safetensors_writer *qp_safetensors_writer_new(void);
void qp_safetensors_writer_metadata(qp_safetensors_writer *writer, const char *key, const char *value);
void qp_safetensors_writer_add(qp_safetensors_writer *writer, const char *name, qp_dtype dtype, int dimensions,
                               const int64_t *shape, const void *value);
qp_status qp_safetensors_writer_save(qp_safetensors_writer *writer, const char *path);
void qp_safetensors_writer_free(qp_safetensors_writer *writer);

#endif
