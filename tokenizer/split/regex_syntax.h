#ifndef QP_REGEX_SYNTAX_H
#define QP_REGEX_SYNTAX_H

#include "tokenizer/split/regex.h"

/* regex_syntax — expressions of other engines in PCRE2's syntax. What is translated: literals, ., [classes], \s \d \w
 * \h \p{Lu} \p{Han} and their opposites, alternation, groups, (?i: ), (?: ), (?> ), look-ahead (?= ) (?! ), look-behind
 * (?<= ) (?<! ), $ ^ \A \z \b \B, the quantifiers ? * + {m,n}, lazy and possessive. Back-references, conditions and
 * recursion are refused.
 *
 * The translation has callouts (?C) where regex.c counts steps: wherever the engine leaves a choice or comes back to one,
 * and wherever it can have moved far. Between two callouts of one attempt it does not do more work than the expression
 * is long, times the distance of their places. */

/* qp_regex_syntax — append the translation to `out`.
 * Errors  QP_EDATA: what is not understood, with `place` and the byte of the expression; QP_EMEMORY. */
qp_status qp_regex_syntax(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                          qp_text_buffer *out);

/* ---- for regex_syntax.c and regex_class.c ---- */

typedef struct {
    const char *place, *pattern;
    size_t bytes, at;
    qp_regex_flavor flavor;
    int depth;
    int repeats; /* quantifiers so far, without ? */
} qp_regex_reader;

qp_status qp_regex_refuse(const qp_regex_reader *reader, const char *what);

/* The next character, or -2 at the end, -1 for a byte that is not UTF-8; take also moves past it. take_if moves past
 * `word` if it is next. */
int32_t qp_regex_peek(const qp_regex_reader *reader);
int32_t qp_regex_take(qp_regex_reader *reader);
bool qp_regex_take_if(qp_regex_reader *reader, const char *word);

/* qp_regex_one — what matches one character: [class], ., \s, a letter. Appends an item that can be repeated. */
qp_status qp_regex_one(qp_regex_reader *reader, qp_text_buffer *out);

/* qp_regex_word_class — the members of \w, for between brackets; `alone`: of \w outside of a class. */
const char *qp_regex_word_class(qp_regex_flavor flavor, bool alone);

#endif
