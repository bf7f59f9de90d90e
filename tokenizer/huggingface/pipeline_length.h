#ifndef QP_PIPELINE_LENGTH_H
#define QP_PIPELINE_LENGTH_H

#include <jansson.h>

#include "lib/text/json_writer.h"
#include "tokenizer/huggingface/pipeline.h"

/* pipeline_length — truncating encodings to a length and padding them to one, as "truncation" and "padding" of a
 * tokenizer.json say. Source: github.com/huggingface/tokenizers, utils/truncation.rs and utils/padding.rs. */

/* qp_pipeline_read_length — both parts of a tokenizer.json. Errors: QP_EDATA.
 * qp_pipeline_write_length — both, as keys and values. */
qp_status qp_pipeline_read_length(const char *place, const json_t *root, qp_length_rules *rules);
qp_status qp_pipeline_write_length(const qp_length_rules *rules, qp_text_buffer *out);

/* qp_pipeline_cut — shorten one list or two (second NULL: one), so that with the `added` tokens of the template they
 * are no longer than the rules say. Errors: QP_EDATA: the list that may be cut has not enough tokens. */
qp_status qp_pipeline_cut(const qp_length_rules *rules, size_t added, qp_encoding *first, qp_encoding *second);

/* qp_pipeline_fill — add padding tokens before or after the others. Errors: QP_EMEMORY. */
qp_status qp_pipeline_fill(const qp_length_rules *rules, qp_encoding *list);

#endif
