#ifndef QP_WORD_PATTERN_H
#define QP_WORD_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* word_pattern — the expressions that GPT-2, GPT-4 and their kin cut text with, written out by hand: the same matches
 * as the general machine of regex.h gives, about ten times as fast. They match at every place, so matches stand end to
 * end.
 */
typedef enum {
    QP_PATTERN_NONE,
    QP_PATTERN_GPT2,            /* as its authors and Hugging Face write it, and as tiktoken does */
    QP_PATTERN_CL100K,          /* Hugging Face's writing: line breaks before the end of the text */
    QP_PATTERN_CL100K_TIKTOKEN, /* tiktoken's: spaces up to the end of the text are one match */
    QP_PATTERN_QWEN2,           /* CL100K with single digits */
    QP_PATTERN_O200K
} qp_word_pattern;

/* qp_word_pattern_of — which of them an expression is, letter by letter; QP_PATTERN_NONE: none. */
qp_word_pattern qp_word_pattern_of(const char *expression, size_t bytes);

/* qp_word_classes_make — what the matcher asks of each code point below U+10000; malloc'ed, NULL without memory. */
uint8_t *qp_word_classes_make(void);

/* qp_word_pattern_end — the end of the match that begins at text[at], at < bytes. Bytes that are not UTF-8 are
 * characters of no class. Time: linear in the match, and in the white space it stands in. */
size_t qp_word_pattern_end(qp_word_pattern pattern, const uint8_t *classes, const char *text, size_t bytes, size_t at);

#endif
