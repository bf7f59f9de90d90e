#ifndef QP_SPLIT_H
#define QP_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* split — where words end: the segments inside which a model may join characters.
 *
 * A segment is a space (if there is one) with what follows it: letters of one script group with their marks, digits,
 * or punctuation. Of several spaces all but the last stand alone; other white space and control characters stand
 * alone; so does every byte that is not UTF-8. Segments tile the text, so nothing is lost:
 *     " The dog's  here."  ->  " The" " dog" "'s" " " " here" "." */
typedef struct {
    bool single_digits;      /* every digit is a segment of its own */
    bool single_punctuation; /* every punctuation mark too (word vocabularies) */
    bool white_space;        /* nothing else but a space begins a new segment; the other rules do not matter */
    int pattern;             /* QP_CUT_ */
    const uint8_t *classes;  /* of word_pattern.h, borrowed; for GPT2 and GPT4 */
} qp_split_rules;

/* Where else to cut, so that others can follow. In the order of the field `pattern` of tokenizer_config.h.
 * WORDS   the rule above
 * SPACES  before each space; of several spaces all but the last stand alone (sentencepiece)
 * GPT2    the pattern of GPT-2, over Unicode 15
 * GPT4    that of GPT-4 (cl100k)
 * NONE    nowhere */
enum { QP_CUT_WORDS, QP_CUT_SPACES, QP_CUT_GPT2, QP_CUT_GPT4, QP_CUT_NONE };

/* qp_split_next — the end of the segment that begins at `begin` < bytes. */
size_t qp_split_next(const qp_split_rules *rules, const char *text, size_t bytes, size_t begin);

/* qp_split_pattern — the rules as one regular expression whose matches are the segments; `out` has room for 2048 bytes.
 * It is understood alike by qp_regex, Python's regex, Rust's fancy-regex and Oniguruma: no possessive marks, no $. */
void qp_split_pattern(const qp_split_rules *rules, char *out, size_t out_bytes);

/* qp_pattern_named — the pattern that tiktoken's encodings give for "gpt2", "gpt4" (cl100k) or "gpt4o" (o200k); NULL.
 * qp_pattern_plain — the same expression without possessive marks and $, for an expression of qp_pattern_named; else
 * the expression itself. */
const char *qp_pattern_named(const char *name);
const char *qp_pattern_plain(const char *expression);

#endif
