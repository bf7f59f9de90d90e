#ifndef QP_SPLIT_H
#define QP_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* split — cut text into segments; a model joins characters only inside a segment.
 *
 * A segment is an optional space and what follows it: letters of one group of scripts with their marks, digits, or
 * punctuation. Of several spaces, all but the last are segments of their own; so are other white space, control
 * characters and every byte that is not UTF-8. Segments cover the whole text:
 *     " The dog's  here."  ->  " The" " dog" "'s" " " " here" "." */
typedef struct {
    bool single_digits;      /* every digit is a segment of its own */
    bool single_punctuation; /* every punctuation mark too (word vocabularies) */
    bool white_space;        /* only a space begins a new segment; the other rules are ignored */
    int pattern;             /* QP_CUT_ */
    const uint8_t *classes;  /* of word_pattern.h, borrowed; for GPT2 and GPT4 */
} qp_split_rules;

/* The rules for cutting, in the order of the field `pattern` of tokenizer_config.h.
 * WORDS   the rule above
 * SPACES  before each space; of several spaces, all but the last are segments (sentencepiece)
 * GPT2    the pattern of GPT-2, over Unicode 15
 * GPT4    that of GPT-4 (cl100k)
 * NONE    nowhere */
enum { QP_CUT_WORDS, QP_CUT_SPACES, QP_CUT_GPT2, QP_CUT_GPT4, QP_CUT_NONE };

/* qp_split_next — the end of the segment that begins at `begin` < bytes. */
size_t qp_split_next(const qp_split_rules *rules, const char *text, size_t bytes, size_t begin);

/* qp_split_pattern — the rules as one regular expression whose matches are the segments; `out` has room for 2048 bytes.
 * Python's regex, Rust's fancy-regex, Oniguruma and qp_regex find the same matches with it. */
void qp_split_pattern(const qp_split_rules *rules, char *out, size_t out_bytes);

/* qp_pattern_named — the pattern of an encoding of tiktoken by its name: gpt2 (r50k_base, p50k_base), gpt4
 *                    (cl100k_base), gpt4o (o200k_base). NULL: the name is unknown.
 * qp_pattern_plain — for an expression of qp_pattern_named, one with the same matches that every engine reads alike:
 *                    without possessive quantifiers and $. Another expression is returned unchanged. */
const char *qp_pattern_named(const char *name);
const char *qp_pattern_plain(const char *expression);

#endif
