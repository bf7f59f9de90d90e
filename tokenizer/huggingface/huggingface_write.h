#ifndef QP_HUGGINGFACE_WRITE_H
#define QP_HUGGINGFACE_WRITE_H

#include "lib/text/json_writer.h"
#include "tokenizer/huggingface/pipeline.h"

/* huggingface_write — a pipeline as the tokenizer.json that Hugging Face tokenizers 0.20 and later open, and that we
 * read back: same ids, offsets and decoded text. Pieces stand in order of their ids, one a line.
 *
 * qp_pipeline_write_huggingface — *text is malloc'ed and NUL-terminated.
 * qp_huggingface_write_stages   — the value of "normalizer", "pre_tokenizer" or "decoder".
 * Errors  QP_EDATA, naming what a tokenizer.json cannot express (a tiktoken file whose merges depend on more than one pair
 *         for a piece); QP_EMEMORY. */
qp_status qp_pipeline_write_huggingface(const qp_pipeline *pipeline, char **text, size_t *bytes);
qp_status qp_huggingface_write_stages(const qp_stage_list *list, int role, bool present, qp_text_buffer *out);

#endif
