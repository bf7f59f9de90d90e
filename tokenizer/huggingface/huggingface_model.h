#ifndef QP_HUGGINGFACE_MODEL_H
#define QP_HUGGINGFACE_MODEL_H

#include <jansson.h>

#include "tokenizer/huggingface/pipeline.h"

/* qp_pipeline_read_model — the "model" of a tokenizer.json: BPE, Unigram, WordPiece or WordLevel with its vocabulary.
 * Errors  QP_EDATA, naming what is missing or wrong; QP_EMEMORY. */
qp_status qp_pipeline_read_model(const char *place, const json_t *model, qp_pipeline *pipeline);

#endif
