#ifndef QP_SAFETENSORS_SOURCE_H
#define QP_SAFETENSORS_SOURCE_H

#include "lib/import/weight_source.h"

/* safetensors_source — the arrays of a Hugging Face folder: model.safetensors, or the shards that
 * model.safetensors.index.json names, all of them in the folder itself. Arrays stay in their files.
 *
 * qp_safetensors_source_open — opens every file; qp_safetensors_source_close frees (NULL is fine).
 * Errors  QP_ENOINPUT: neither file is there (for pickles the message says how to convert them); QP_EDATA: an index
 *         that names a file outside the folder, an array that the index and the files do not both have, a name
 *         in two files, more than 4 dimensions; those of qp_safetensors_open. */
typedef struct qp_safetensors_source qp_safetensors_source;

qp_status qp_safetensors_source_open(const char *folder, qp_safetensors_source **source);
void qp_safetensors_source_close(qp_safetensors_source *source);
qp_weight_source qp_safetensors_source_arrays(const qp_safetensors_source *source);

#endif
