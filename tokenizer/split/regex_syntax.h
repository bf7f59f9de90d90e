#ifndef QP_REGEX_SYNTAX_H
#define QP_REGEX_SYNTAX_H

#include "tokenizer/split/regex_reader.h"

/* regex_syntax — expressions of other engines in PCRE2's syntax. Translated are: literals, ., [classes], \s \d \w \h
 * \p{Lu} \p{Han} and their opposites, alternation, groups, (?i: ), (?: ), (?> ), lookahead (?= ) (?! ), lookbehind
 * (?<= ) (?<! ), $ ^ \A \z \b \B, the quantifiers ? * + {m,n}, lazy and possessive. Back-references, conditions and
 * recursion are refused.
 *
 * The translation has callouts (?C) where regex.c counts steps: wherever the engine leaves a choice or comes back to
 * one, and wherever it can have moved far. Between two callouts of one attempt it does no more work than the length of
 * the expression times the distance between their places. */

/* qp_regex_syntax — append the translation to `out`.
 * Errors  QP_EDATA: what is not understood, with `place` and the byte of the expression; QP_EMEMORY. */
qp_status qp_regex_syntax(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                          qp_text_buffer *out);

#endif
