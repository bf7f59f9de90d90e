#ifndef QP_MODEL_OPEN_H
#define QP_MODEL_OPEN_H

#include "lib/base/batch.h"
#include "lib/model/model_file.h"
#include "tokenizer/tokenizer.h"

/* model_open — a model file made ready for use: model, tokenizers, and weights packed for decoding. */
typedef struct {
    qp_model_bundle bundle;
    qp_tokenizer *source_tokenizer, *target_tokenizer;   /* the same one where one serves both sides */
    qp_text_codec source, target;
} qp_opened_model;

/* qp_model_open — Errors: as qp_model_file_load; QP_EUSAGE for an empty path; QP_EDATA where the file has no tokenizer
 * or one that does not fit the model. On failure there is nothing to close. */
qp_status qp_model_open(const char *path, qp_opened_model *opened);
void      qp_model_close(qp_opened_model *opened);

#endif
