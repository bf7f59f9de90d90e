#ifndef QP_MOSES_RULES_H
#define QP_MOSES_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/view.h"
#include "lib/text/text_buffer.h"
#include "tokenizer/split/regex.h"

/* moses_rules — the substitutions of the Moses scripts as data, compiled for one language. */

typedef enum {
    QP_MOSES_SIGNS,       /* tokenize: signs apart from letters and digits */
    QP_MOSES_HYPHENS,     /* tokenize, aggressive: hyphens inside words */
    QP_MOSES_MARKS,       /* tokenize: commas and apostrophes */
    QP_MOSES_FINAL_QUOTE, /* tokenize: a period and an apostrophe at the end */
    QP_MOSES_ESCAPE,      /* tokenize: characters that mean something to Moses */
    QP_MOSES_UNESCAPE,    /* detokenize */
    QP_MOSES_SPACES,      /* no space at either end, no two together */
    QP_MOSES_PUNCTUATION, /* normalize-punctuation */
    QP_MOSES_SETS
} qp_moses_set;

/* What detokenize does with a word: it is attached to its neighbours, or not. */
typedef enum {
    QP_MOSES_PLAIN, /* a space before it, unless the word before attached itself to it */
    QP_MOSES_LEFT,  /* no space before it */
    QP_MOSES_RIGHT, /* no space after it */
    QP_MOSES_SPACE_LEFT, /* a space before it, even if the word before attached itself */
    QP_MOSES_DASH,  /* no space after it nor after the next word, which is taken too */
    QP_MOSES_QUOTE, /* the first of its kind attaches to the right, the second to the left */
    QP_MOSES_LOWER  /* in lower case */
} qp_moses_action;

typedef struct qp_moses_rules qp_moses_rules;

/* qp_moses_rules_new — compiles the rules of a language; they serve one thread at a time.
 * Errors  QP_EMEMORY, QP_EBUG. */
qp_status qp_moses_rules_new(const char *language, qp_moses_rules **rules);
void qp_moses_rules_free(qp_moses_rules *rules);

/* qp_moses_rules_apply — makes the substitutions of one set in *line, one rule after the other.
 * Errors  those of qp_regex_find. */
qp_status qp_moses_rules_apply(qp_moses_rules *rules, qp_moses_set set, qp_text_buffer *line);

/* qp_moses_rules_word — what detokenize does with word[i] of a line of `count` words.
 * Errors  those of qp_regex_find. */
qp_status qp_moses_rules_word(qp_moses_rules *rules, const qp_text *word, size_t count, size_t i,
                              qp_moses_action *action);

#endif
