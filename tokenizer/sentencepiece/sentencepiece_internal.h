#ifndef QP_SENTENCEPIECE_INTERNAL_H
#define QP_SENTENCEPIECE_INTERNAL_H

#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_internal — the steps of normalisation.
 *
 * qp_sentencepiece_leading_spaces — the number of bytes at the front that become spaces and are dropped.
 * qp_sentencepiece_step           — appends to `out` (unmapped) the replacement of text[*at] by the rules and moves *at
 *                                   past it; *after_space: a space came before, so leading spaces are dropped. */
size_t qp_sentencepiece_leading_spaces(const qp_sentencepiece *model, const char *text, size_t bytes);
qp_status qp_sentencepiece_step(const qp_sentencepiece *model, const char *text, size_t bytes, size_t *at,
                                bool *after_space, qp_mapped_text *out);

typedef struct {
    const char *text;
    size_t bytes, used; /* the replacement, and the bytes of input it replaces */
} qp_spm_step;

/* qp_sentencepiece_next — how the beginning of text is replaced: a user-defined symbol of the model (NULL: there are
 * none) by itself, otherwise by the longest rule, otherwise one character by itself. */
qp_spm_step qp_sentencepiece_next(const qp_sentencepiece *model, const qp_charsmap *rules,
                                                   const char *text, size_t bytes);

#endif
