#ifndef QP_REGEX_PARSE_H
#define QP_REGEX_PARSE_H

#include "tokenizer/split/regex_internal.h"

/* regex_parse — reading an expression: regex_compile.c does terms and groups, regex_class.c the classes. */
typedef struct {
    const char *place, *pattern;
    size_t bytes, at;
    qp_regex *regex;
    qp_regex_flavor flavor;
    bool any_case;
    int depth;
} qp_rx_parser;

qp_status qp_rx_refuse(const qp_rx_parser *parser, const char *what);

/* The next character, or -2 at the end; qp_rx_take also goes past it. */
int32_t qp_rx_peek(const qp_rx_parser *parser);
int32_t qp_rx_take(qp_rx_parser *parser);
bool qp_rx_take_if(qp_rx_parser *parser, const char *word);

/* qp_rx_one — what stands at the parser and matches one character ([class], ., \s, a letter); *index: its set.
 * Errors: QP_EDATA; QP_EMEMORY. */
qp_status qp_rx_one(qp_rx_parser *parser, int *index);

#endif
