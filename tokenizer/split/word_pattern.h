#ifndef QP_WORD_PATTERN_H
#define QP_WORD_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* word_pattern — hand-written matchers for the expressions that GPT-2, GPT-4 and similar models split text with. They
 * find the matches that regex.h finds, several times as fast. A match begins wherever the last one ended. */
typedef enum {
    QP_PATTERN_NONE,
    QP_PATTERN_GPT2,            /* as its authors, Hugging Face and tiktoken write it */
    QP_PATTERN_CL100K,          /* as Hugging Face writes it: line breaks come before the end of the text */
    QP_PATTERN_CL100K_TIKTOKEN, /* as tiktoken does: spaces up to the end of the text are one match */
    QP_PATTERN_QWEN2,           /* CL100K with single digits */
    QP_PATTERN_O200K
} qp_word_pattern;

/* qp_word_pattern_of — the matcher for exactly this expression, or QP_PATTERN_NONE. */
qp_word_pattern qp_word_pattern_of(const char *expression, size_t bytes);

/* qp_word_classes_make — the classes of the code points below U+10000, for qp_word_pattern_end; malloc'ed, NULL: no
 * memory. */
uint8_t *qp_word_classes_make(void);

/* qp_word_pattern_end — the end of the match that begins at text[at], at < bytes. Bytes that are not UTF-8 are
 * characters of no class. Time is linear in the match and in the white space around it. */
size_t qp_word_pattern_end(qp_word_pattern pattern, const uint8_t *classes, const char *text, size_t bytes, size_t at);

#endif
