#ifndef QP_MOSES_H
#define QP_MOSES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "tokenizer/split/regex.h"

/* moses — the tokenisation of the Moses toolkit: punctuation set apart by spaces, and back; the same lines as its Perl
 * scripts tokenizer.perl, detokenizer.perl and normalize-punctuation.perl give. A line is text without its end.
 * Source: github.com/moses-smt/mosesdecoder, observed behaviour. */
typedef struct {
    char language[8]; /* en, de, fr, it, ga, ca, so, tdt, fi, sv, cs have rules of their own */
    bool aggressive;  /* hyphens inside words become @-@ */
    bool escape;      /* & | < > ' " [ ] become entities */
    struct qp_moses_prefix {
        char *text;
        size_t line;
        bool before_numbers; /* only there */
    } * prefix;              /* abbreviations: their period does not end a sentence; sorted */
    size_t prefix_count, prefix_capacity;
    qp_regex *protected_pattern; /* what they match stays whole */
    size_t protected_count, protected_capacity;
} qp_moses;

/* qp_moses_init     — for a language, with escaping and a few abbreviations of our own for English and German.
 * qp_moses_prefixes — from the content of a nonbreaking_prefix file, instead of those: a prefix on each line, behind
 * some of them #NUMERIC_ONLY#; lines that begin with # are remarks. qp_moses_protect  — regular expressions, one on
 * each line. Errors  QP_EDATA: an expression that is not understood; QP_EUSAGE: the language is no short name;
 * QP_EMEMORY. */
qp_status qp_moses_init(qp_moses *m, const char *language);
qp_status qp_moses_prefixes(qp_moses *m, const char *content, size_t bytes);
qp_status qp_moses_protect(const char *place, qp_moses *m, const char *content, size_t bytes);
void qp_moses_free(qp_moses *m);

/* Each makes a new line, malloc'ed and NUL-terminated. Errors: QP_EMEMORY; QP_EDATA (a pattern takes too long). */
qp_status qp_moses_tokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes);
qp_status qp_moses_detokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes);
qp_status qp_moses_normalize_punctuation(const qp_moses *m, const char *line, size_t bytes, char **out,
                                         size_t *out_bytes);

#endif
