#ifndef QP_HUGGINGFACE_WRITE_H
#define QP_HUGGINGFACE_WRITE_H

#include "lib/text/json_writer.h"
#include "tokenizer/huggingface/pipeline.h"

/* qp_pipeline_write_huggingface — a pipeline as a tokenizer.json for Hugging Face tokenizers 0.20 and later. Reading it
 * gives the same ids, offsets and decoded text. Pieces are written one a line, in order of their ids. *text is
 * malloc'ed and NUL-terminated.
 * Errors  QP_EDATA, naming what a tokenizer.json cannot express (ranks of tiktoken that join a token in more than one
 *         way); QP_EMEMORY. */
qp_status qp_pipeline_write_huggingface(const qp_pipeline *pipeline, char **text, size_t *bytes);

/* qp_pipeline_write_ranked — the same for our own files, where the model may have the field "ranks": the ranks of the
 * merges, for files of tiktoken that a tokenizer.json cannot express. Errors: as above, without these. */
qp_status qp_pipeline_write_ranked(const qp_pipeline *pipeline, char **text, size_t *bytes);

#endif
