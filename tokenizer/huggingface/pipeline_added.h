#ifndef QP_PIPELINE_ADDED_H
#define QP_PIPELINE_ADDED_H

#include "tokenizer/huggingface/pipeline.h"

/* qp_pipeline_cut_added — appends a stretch of text to `next` and cuts it at the added tokens of the trie: the longest
 * one at the leftmost place. The search continues right after the token, also in white space that the token takes with
 * it (rstrip). Errors: QP_EMEMORY. */
qp_status qp_pipeline_cut_added(const qp_pipeline *pipeline, const qp_trie *trie, qp_stretch stretch,
                                qp_mapped_text *next, qp_ranges *ranges);

#endif
