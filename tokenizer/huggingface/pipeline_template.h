#ifndef QP_PIPELINE_TEMPLATE_H
#define QP_PIPELINE_TEMPLATE_H

#include "tokenizer/huggingface/pipeline.h"

/* qp_template_fill       — appends to `list` the tokens of one text or of two (two may be NULL), with special tokens
 *                          where the template has them. Errors: QP_EMEMORY.
 * qp_template_added      — how many special tokens a template adds.
 * qp_template_plain_pair — two texts, one after the other, without special tokens. */
qp_status qp_template_fill(const qp_template *from, const qp_encoding *one, const qp_encoding *two, qp_encoding *list);
size_t qp_template_added(const qp_template *from);
extern const qp_template qp_template_plain_pair;

#endif
