#ifndef QP_REGEX_READER_H
#define QP_REGEX_READER_H

#include "tokenizer/split/regex.h"

/* regex_reader — an expression that is being read, character by character; for regex_syntax.c and regex_class.c. */
typedef struct {
    const char *place, *pattern;
    size_t bytes, at;
    qp_regex_flavor flavor;
    int depth;
    int repeats; /* quantifiers so far, without ? */
    int options; /* ? outside of groups so far */
} qp_regex_reader;

/* qp_regex_refuse  — QP_EDATA that names the expression, the byte and what is wrong there.
 * qp_regex_peek    — the next character; -1: a byte that is not UTF-8, -2: the end.
 * qp_regex_take    — the same, and move past it.
 * qp_regex_take_if — move past `word` if it is next. */
qp_status qp_regex_refuse(const qp_regex_reader *reader, const char *what);
int32_t qp_regex_peek(const qp_regex_reader *reader);
int32_t qp_regex_take(qp_regex_reader *reader);
bool qp_regex_take_if(qp_regex_reader *reader, const char *word);

#endif
