#ifndef QP_STAGE_NORMALIZE_H
#define QP_STAGE_NORMALIZE_H

#include "lib/text/changes.h"
#include "tokenizer/huggingface/pipeline.h"

/* Memory of the stages of one caller; zero it before the first use. */
typedef struct {
    qp_changes changes;
    qp_regex_scratch regex;
} qp_stage_scratch;

void qp_stage_scratch_free(qp_stage_scratch *scratch);

/* qp_stage_normalize — append to `out` what the stage makes of from->text[begin..end). */
qp_status qp_stage_normalize(const qp_stage *stage, qp_stage_scratch *scratch, const qp_mapped_text *from, size_t begin,
                             size_t end, qp_mapped_text *out);

/* qp_stage_replace — every match of the stage's pattern becomes stage->content. */
qp_status qp_stage_replace(const qp_stage *stage, qp_stage_scratch *scratch, const qp_mapped_text *from, size_t begin,
                           size_t end, qp_mapped_text *out);

/* qp_stage_prepend — `prefix` in front of the stretch, with the span of its first character; nothing if it is empty. */
qp_status qp_stage_prepend(const char *prefix, size_t bytes, qp_stage_scratch *scratch, const qp_mapped_text *from,
                           size_t begin, size_t end, qp_mapped_text *out);

/* qp_stage_match — the next match of the stage's pattern (regex or plain text) in text[*begin..bytes). */
qp_status qp_stage_match(const qp_stage *stage, qp_stage_scratch *scratch, const char *text, size_t bytes,
                         size_t *begin, size_t *end, bool *found);

bool qp_is_bert_punctuation(int32_t code);

#endif
