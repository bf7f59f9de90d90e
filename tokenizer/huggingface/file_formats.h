#ifndef QP_FILE_FORMATS_H
#define QP_FILE_FORMATS_H

#include "lib/text/json_writer.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/models/export.h"

/* file_formats — pipelines from and into the files of single tools; for tokenizer_formats.c.
 *
 * qp_pipeline_read_bert  — the content of a vocab.txt.
 * qp_pipeline_write_...  — QP_EDATA names what the format cannot express. */
qp_status qp_pipeline_read_bert(const char *place, const char *content, size_t bytes, bool cased,
                                qp_pipeline **pipeline);
qp_status qp_pipeline_write_bert(const qp_pipeline *pipeline, qp_export *content);
qp_status qp_pipeline_write_gpt2(const qp_pipeline *pipeline, qp_export *content);
qp_status qp_pipeline_write_tiktoken(const qp_pipeline *pipeline, qp_export *content);
qp_status qp_pipeline_write_codes(const qp_pipeline *pipeline, qp_export *content);

#endif
