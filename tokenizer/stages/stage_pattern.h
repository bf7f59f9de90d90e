#ifndef QP_STAGE_PATTERN_H
#define QP_STAGE_PATTERN_H

#include "tokenizer/stages/stage.h"
#include "tokenizer/stages/stage_json.h"

/* stage_pattern — what stages look for: a plain text or a regular expression. Hugging Face's engine is Oniguruma;
 * tiktoken's expressions are for Rust's engine and are translated when they are written into a tokenizer.json. */
typedef struct {
    qp_stage_string text; /* as written; of a regular expression too */
    bool is_regex;
    qp_regex_flavor flavor;
    qp_regex regex;
} qp_pattern;

/* qp_pattern_regex — compile an expression. `place` names its file in errors.
 * Errors  QP_EDATA, QP_EMEMORY. */
qp_status qp_pattern_regex(qp_regex_flavor flavor, const char *place, const char *text, size_t bytes,
                           qp_pattern *pattern);
void qp_pattern_free(qp_pattern *pattern);

/* qp_pattern_replace — append the stretch with every match replaced by `content`, which gets the span of the match.
 * qp_pattern_split   — cut a text that begins at byte `shift` of the output. With `invert`, what is between the matches
 *                      counts as the matches.
 * Errors  QP_EDATA: the expression needs too much time; QP_EMEMORY. */
qp_status qp_pattern_replace(const qp_pattern *pattern, qp_text content, qp_stage_scratch *scratch, qp_stretch stretch,
                             qp_mapped_text *out);
qp_status qp_pattern_split(const qp_pattern *pattern, qp_split_behavior behavior, bool invert,
                           qp_stage_scratch *scratch, qp_text text, size_t shift, qp_ranges *ranges);

/* qp_prefix_stretch — append `prefix` and the stretch; the prefix gets the span of the stretch's first character. An
 * empty stretch stays empty. */
qp_status qp_prefix_stretch(const char *prefix, size_t bytes, qp_stage_scratch *scratch, qp_stretch stretch,
                            qp_mapped_text *out);

#endif
