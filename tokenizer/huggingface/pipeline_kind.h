#ifndef QP_PIPELINE_KIND_H
#define QP_PIPELINE_KIND_H

#include "tokenizer/models/kind.h"

/* pipeline_kind — pipelines (pipeline.h) as a kind of tokenizer; `self` is a qp_pipeline. Encoding adds no special
 * tokens and finds none in the text; encode_pair applies the template of the file. */
extern const qp_tokenizer_kind qp_pipeline_kind;

#endif
