#ifndef QP_MOSES_TRUECASE_H
#define QP_MOSES_TRUECASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/vocabulary.h"

/* moses_truecase — words in the case they have inside sentences: the same models and lines as Moses'
 * train-truecaser.perl, truecase.perl and detruecase.perl. Lines are tokenised; XML tags in them are not words.
 * Source: github.com/moses-smt/mosesdecoder. */
typedef struct {
    qp_vocabulary form, lower; /* words as written; the same in lower case */
    int64_t *count;            /* of each form */
    int32_t *lower_of;         /* of each form */
    int32_t *best;             /* of each lower-case word: its most frequent form */
    size_t count_capacity, lower_capacity, best_capacity;
} qp_truecaser;

void qp_truecaser_init(qp_truecaser *t);
void qp_truecaser_free(qp_truecaser *t);

/* qp_truecaser_learn — counts the words of a line, except the first of each sentence and words without cased letters.
 * qp_truecaser_write — returns the model, malloc'ed: one line per lower-case word in order of first occurrence,
 *                      "best (count/all) other (count) ..."; of equally frequent forms the first seen is the best.
 * qp_truecaser_read  — reads such a model into an empty truecaser.
 * Errors  QP_EMEMORY; QP_EDATA: too many words. */
qp_status qp_truecaser_learn(qp_truecaser *t, const char *line, size_t bytes);
qp_status qp_truecaser_write(const qp_truecaser *t, char **content, size_t *bytes);
qp_status qp_truecaser_read(qp_truecaser *t, const char *content, size_t bytes);

/* qp_truecaser_apply — restores the case of the words of a line.
 * qp_detruecase      — capitalises the first letter of each sentence.
 * *out is malloc'ed and NUL-terminated. Errors: QP_EMEMORY. */
qp_status qp_truecaser_apply(const qp_truecaser *t, const char *line, size_t bytes, char **out, size_t *out_bytes);
qp_status qp_detruecase(const char *line, size_t bytes, char **out, size_t *out_bytes);

#endif
