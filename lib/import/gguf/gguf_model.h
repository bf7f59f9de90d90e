#ifndef QP_GGUF_MODEL_H
#define QP_GGUF_MODEL_H

#include "lib/import/gguf/gguf_file.h"
#include "lib/model/model.h"

/* gguf_model — the model of an open GGUF file, its weights unpacked to qp_real.
 * begins  whether every prompt starts with the begin-of-text token
 * Memory  the model, and one copy of the largest array that is not stored as we store it.
 * Errors  QP_EDATA naming file and key or array: an unknown architecture, a key that changes the computation in a way
 *         that we do not have, an array that is missing, extra or of another shape; QP_EMEMORY; QP_EIO. */
qp_status qp_gguf_model(const qp_gguf *file, bool begins, qp_model **model);

#endif
