#ifndef QP_SEGMENT_H
#define QP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* segment — one line of text for the metrics: a list of code points, split into words.
 *
 * A segment is a qp_text of UTF-8. Bytes that are not UTF-8 become code points of their own (U+DC80 ..), so that
 * damaged text compares as damaged text and never stops a metric. White space, lower case and character classes are
 * those of Python's str, because the reference implementations of the metrics are written in Python and the scores must
 * agree. */

/* The version of sacreBLEU whose scores BLEU, chrF and TER reproduce; part of their signatures. */
#define QP_SACREBLEU_VERSION "2.6.0"

/* A growing list of code points. A push without memory sets `failed`, and later ones do nothing: the caller checks
 * once. Start from {0}. */
typedef struct {
    int32_t *code;
    int count;
    size_t capacity;
    bool failed;
} qp_codes;

void qp_codes_push(qp_codes *codes, int32_t code);
void qp_codes_free(qp_codes *codes);

/* qp_codes_read — appends the code points of a segment; lower: in lower case (full mappings, final sigma). A segment of
 * more than 2^30 bytes sets `failed`. */
void qp_codes_read(qp_codes *codes, qp_text segment, bool lower);

/* qp_code_is_space — the characters at which str.split() splits. */
bool qp_code_is_space(int32_t code);

/* A range of code points: a word. */
typedef struct {
    int first, count;
} qp_span;

/* qp_codes_words — the words of a list, separated by white space; *word is malloc'ed. */
qp_status qp_codes_words(const qp_codes *codes, qp_span **word, int *count);

/* A list of numbers that are equal exactly where the words (or code points) are. */
typedef struct {
    int32_t *symbol;
    int count;
} qp_symbols;
void qp_symbols_free(qp_symbols *symbols);

/* qp_words_number — numbers the words of `rows` segments, the same word in all of them with the same number.
 *   codes[r], word[r], word_count[r]  the words of segment r;   symbols[r]  filled; freed by the caller */
qp_status qp_words_number(const qp_codes *codes, qp_span *const *word, const int *word_count, int rows,
                          qp_symbols *symbols);

/* qp_pair_number — the same for all words of two segments. */
qp_status qp_pair_number(const qp_codes codes[2], qp_symbols symbols[2]);

#endif
