#ifndef QP_TEXT_MODEL_H
#define QP_TEXT_MODEL_H

#include "data/text/labels.h"
#include "data/series/scaling.h"
#include "lib/base/batch.h"
#include "lib/model/model.h"
#include "tokenizer/tokenizer.h"

/* text_model — a model together with its tokenizers: what a model file holds, ready for text. */
typedef struct {
    qp_model *model;
    qp_tokenizer *source, *target; /* the same one where one serves both sides; source NULL: no encoder */
    qp_text_codec source_codec, target_codec;
    qp_labels labels;   /* classify, tag */
    qp_scaling scaling; /* regress */
} qp_text_model;

/* qp_text_model_load — everything from a model file.   Errors  those of qp_model_file_load; QP_EDATA where a tokenizer
 * is missing or does not fit the model's vocabulary.
 * qp_text_model_open — the same for decoding: weights packed; QP_EUSAGE for an empty path (no -m given).
 * qp_text_model_save — write it; complete or absent.
 * qp_text_model_adopt — a model just made and its tokenizers (target may equal source); owns them from now on. */
qp_status qp_text_model_load(const char *path, qp_text_model *text_model);
qp_status qp_text_model_open(const char *path, qp_text_model *text_model);
qp_status qp_text_model_save(const qp_text_model *text_model, const char *path);
void qp_text_model_adopt(qp_text_model *text_model, qp_model *model, qp_tokenizer *source, qp_tokenizer *target);
/* qp_text_model_open_as — open a model of one of these tasks, a list ended by -1.   Errors  QP_EUSAGE naming the command
 * for what it is. */
qp_status qp_text_model_open_as(const char *path, const int *task, qp_text_model *text_model);
void qp_text_model_free(qp_text_model *text_model);

#endif
