#ifndef QP_CT2_FILE_H
#define QP_CT2_FILE_H

#include <stdbool.h>

#include "lib/import/weight_source.h"

/* ct2_file — the model.bin of a CTranslate2 folder, binary versions 4 to 6, little-endian:
 *     u32 version | text, the specification | u32 revision | u32 n | n variables | u32 m | m aliases
 *     variable: text, its name | u8 dimensions | u32 each | u8 type | u32 bytes | the values, row-major
 *     alias:    text, another name | text, the variable
 *     text:     u16 bytes, a NUL at the end counted
 * Types: 0 float32, 1 int8, 2 int16, 3 int32, 4 float16, 5 bfloat16. A matrix of int8 or int16 has a variable
 * NAME_scale: value = stored / scale, one scale for each row of int8, one for all of int16.
 * Files are not trusted: sizes are compared with the file before memory is taken.
 * Source  github.com/OpenNMT/CTranslate2, model_spec.py. */
#define QP_CT2_TYPES(X)                                                                                                \
    X(QP_CT2_FLOAT32, 4) X(QP_CT2_INT8, 1) X(QP_CT2_INT16, 2) X(QP_CT2_INT32, 4) X(QP_CT2_FLOAT16, 2)                  \
    X(QP_CT2_BFLOAT16, 2)
#define QP_CT2_TYPE_ID(id, bytes) id,
enum { QP_CT2_TYPES(QP_CT2_TYPE_ID) QP_CT2_TYPE_COUNT };
#undef QP_CT2_TYPE_ID
extern const uint64_t qp_ct2_type_bytes[QP_CT2_TYPE_COUNT];

typedef struct qp_ct2_file qp_ct2_file;

/* qp_ct2_open — reads the names and shapes; the values stay in the file.
 * Memory  proportional to the names.   Errors  QP_ENOINPUT, QP_EDATA, QP_EIO, QP_EMEMORY.
 * qp_ct2_spec — "TransformerSpec", "TransformerDecoderSpec" ...
 * qp_ct2_number — the value of a variable that is one number, or the fallback where there is none.
 *   Errors  QP_EDATA: it has other dimensions; QP_EIO.
 * qp_ct2_is_real — whether there is such a variable, of real numbers.
 * qp_ct2_same — whether two names mean one variable.
 * qp_ct2_arrays — all variables but scales; values are converted to qp_real. */
qp_status qp_ct2_open(const char *path, qp_ct2_file **file);
void qp_ct2_close(qp_ct2_file *file);
const char *qp_ct2_spec(const qp_ct2_file *file);
qp_status qp_ct2_number(const qp_ct2_file *file, const char *name, double fallback, double *value);
bool qp_ct2_is_real(const qp_ct2_file *file, const char *name);
bool qp_ct2_same(const qp_ct2_file *file, const char *a, const char *b);
qp_weight_source qp_ct2_arrays(const qp_ct2_file *file);

#endif
