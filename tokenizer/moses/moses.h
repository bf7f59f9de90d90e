#ifndef QP_MOSES_H
#define QP_MOSES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "tokenizer/moses/moses_rules.h"

/* moses — the tokenisation of the Moses toolkit: punctuation separated by spaces, and back; the same lines as its Perl
 * scripts tokenizer.perl, detokenizer.perl and normalize-punctuation.perl. A line is text without its line end.
 * Source: github.com/moses-smt/mosesdecoder. */
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
    qp_regex *protected_pattern; /* their matches stay whole */
    size_t protected_count, protected_capacity;
    qp_moses_rules *rules;
} qp_moses;

/* qp_moses_init     — for a language, with escaping and the abbreviations of moses_prefixes.h. One qp_moses
 *                     serves one thread at a time.
 * qp_moses_prefixes — reads a nonbreaking_prefix file instead of that list: one prefix per line, some followed by
 *                     #NUMERIC_ONLY#; lines that begin with # are comments.
 * qp_moses_protect  — regular expressions whose matches are not tokenised, one per line.
 * Errors  QP_EDATA: an expression that cannot be compiled; QP_EUSAGE: not the short name of a language; QP_EMEMORY. */
qp_status qp_moses_init(qp_moses *m, const char *language);
qp_status qp_moses_prefixes(qp_moses *m, const char *content, size_t bytes);
qp_status qp_moses_protect(const char *place, qp_moses *m, const char *content, size_t bytes);
void qp_moses_free(qp_moses *m);

/* qp_moses_prefix_of — is this word, without its period, an abbreviation? */
typedef enum {
    QP_MOSES_NO_PREFIX,
    QP_MOSES_PREFIX,
    QP_MOSES_NUMBER_PREFIX /* only before numbers */
} qp_moses_prefix_kind;
qp_moses_prefix_kind qp_moses_prefix_of(const qp_moses *m, const char *text, size_t bytes);

/* Each returns a new line, malloc'ed and NUL-terminated. Errors: QP_EMEMORY; QP_EDATA (a pattern takes too long). */
qp_status qp_moses_tokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes);
qp_status qp_moses_detokenize(const qp_moses *m, const char *line, size_t bytes, char **out, size_t *out_bytes);
qp_status qp_moses_normalize_punctuation(const qp_moses *m, const char *line, size_t bytes, char **out,
                                         size_t *out_bytes);

#endif
