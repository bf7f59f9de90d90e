#ifndef QP_SENTENCEPIECE_INTERNAL_H
#define QP_SENTENCEPIECE_INTERNAL_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_parts — steps of normalising, for the files that do it.
 *
 * qp_sentencepiece_leading_spaces — bytes at the front that become spaces and are dropped; 0 where none are dropped.
 * qp_sentencepiece_step           — append to `out` (unmapped) what stands at text[*at] becomes by the rules and go on
 *                                   behind it; *after_space: a space came before, so spaces at its front go. */
size_t qp_sentencepiece_leading_spaces(const qp_sentencepiece *model, const char *text, size_t bytes);
qp_status qp_sentencepiece_step(const qp_sentencepiece *model, const char *text, size_t bytes, size_t *at,
                                bool *after_space, qp_mapped_text *out);

#endif
