#ifndef QP_REGEX_H
#define QP_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/split/word_pattern.h"

/* regex — the regular expressions that tokenizers split text with: literals, ., [classes], \s \d \w \p{Lu} \p{Han} and
 * their opposites, alternation, groups, (?i: ), (?: ), (?> ), looking ahead (?= ) (?! ) and back (?<= ) (?<! ), $, ^, \A, \z, \b,
 * quantifiers ? * + {m,n}, lazy and possessive. Leftmost alternative first, by backtracking; a loop over one class backtracks through one entry, so long
 * runs cost no memory. Anything else is refused by name.
 * Works on bytes that are UTF-8; a byte that is not counts as a character of no class. */
typedef struct {
    struct qp_regex_node *node; /* a program of instructions */
    size_t count, capacity;
    struct qp_regex_set *set;
    size_t set_count, set_capacity;
    qp_word_pattern known; /* one that is matched by hand (word_pattern.h), with its table */
    uint8_t *classes;
} qp_regex;

/* Whose rules hold where the kinds of expressions differ. */
typedef enum {
    QP_REGEX_COMMON,   /* no one's: a class in a class is refused; ^ and $ are the ends of the text */
    QP_REGEX_RUST,     /* tiktoken's: as that, and [a[b]], [a&&b] */
    QP_REGEX_ONIGURUMA /* Hugging Face's: as that, [[:alpha:]]; ^ and $ are the ends of lines, x{2}+ is (?:x{2})+ */
} qp_regex_flavor;

/* Memory of one caller; zero it before the first use. */
typedef struct {
    struct qp_regex_branch *branch;
    size_t count, capacity;
} qp_regex_scratch;

/* qp_regex_compile_as, qp_regex_compile (COMMON) — Errors: QP_EDATA: not understood (`place` and the part at fault are named); QP_EMEMORY. */
qp_status qp_regex_compile_as(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                              qp_regex *regex);
qp_status qp_regex_compile(const char *place, const char *pattern, size_t bytes, qp_regex *regex);
void qp_regex_free(qp_regex *regex);
void qp_regex_scratch_free(qp_regex_scratch *scratch);

/* qp_regex_at — does the expression match at text[at]? *end is then the end of the match.
 * Errors  QP_EDATA when the expression needs too many steps (exponential backtracking); QP_EMEMORY. */
qp_status qp_regex_at(const qp_regex *regex, qp_regex_scratch *scratch, const char *text, size_t bytes, size_t at,
                      bool *matches, size_t *end);

/* qp_regex_find — the first match at or behind *begin; *begin .. *end; *found false: none. */
qp_status qp_regex_find(const qp_regex *regex, qp_regex_scratch *scratch, const char *text, size_t bytes, size_t *begin,
                        size_t *end, bool *found);

/* qp_is_white_space — the 25 code points of White_Space. qp_is_word_character — \w. */
bool qp_is_white_space(int32_t code);
bool qp_is_word_character(int32_t code);

#endif
