#ifndef QP_SEGMENT_H
#define QP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* segment — one line of text as the metrics see it: a row of code points, cut into words.
 * White space, lower case and the code points' classes are those of Python's str, because the reference
 * implementations of the metrics are written in it and numbers shall agree with them. */

/* Version of sacreBLEU whose numbers BLEU, chrF and TER are; it stands in their signatures. */
#define QP_SACREBLEU_VERSION "2.6.0"

/* One segment as it comes: UTF-8, not necessarily NUL-terminated. Bytes that are not UTF-8 become code points of their
 * own (U+DC80 ..), so that damaged text compares as damaged text and never stops a metric. */
typedef struct {
    const char *text;
    size_t bytes;
} qp_segment;

/* A growing row of code points. A push that finds no memory sets `failed` and later ones do nothing: the caller checks
 * once. Start from {0}. */
typedef struct {
    int32_t *code;
    int count, room;
    bool failed;
} qp_codes;

void qp_codes_push(qp_codes *codes, int32_t code);
void qp_codes_free(qp_codes *codes);

/* qp_codes_read — append the code points of a segment; lower: in lower case (full mappings, final sigma). A segment of
 * more than 2^30 bytes sets failed. */
void qp_codes_read(qp_codes *codes, qp_segment segment, bool lower);

/* qp_code_is_space — what str.split() separates at. */
bool qp_code_is_space(int32_t code);

/* A stretch of code points: a word. */
typedef struct {
    int first, count;
} qp_span;

/* qp_codes_words — the words of a row, separated by white space; *word is malloc'ed. */
qp_status qp_codes_words(const qp_codes *codes, qp_span **word, int *count);

/* A list of numbers, equal where the things they stand for are equal. */
typedef struct {
    int32_t *symbol;
    int count;
} qp_symbols;
void qp_symbols_free(qp_symbols *symbols);

/* qp_words_number — give the words of `rows` rows numbers, the same for the same word in whatever row.
 *   codes[r], word[r], word_count[r]: the words of row r;  symbols[r] is filled, to be freed by the caller */
qp_status qp_words_number(const qp_codes *codes, qp_span *const *word, const int *word_count, int rows,
                          qp_symbols *symbols);

#endif
