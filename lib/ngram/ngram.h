#ifndef QP_NGRAM_H
#define QP_NGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* ngram — a back-off n-gram model: log10 P(w | h) for the n-grams that it contains, otherwise
 *     P(w | h) = backoff(h) P(w | h without its first word),   backoff of an unseen h: 1
 * ngram_train.h estimates models; ngram_arpa.h reads and writes them. A model is immutable, so any number of threads
 * may use it. Words are strings without white space; ids 0 <unk>, 1 <s>, 2 </s>. */
enum { QP_NGRAM_MAX_ORDER = 12 };
typedef struct qp_ngram qp_ngram;

void qp_ngram_free(qp_ngram *model);
int qp_ngram_order(const qp_ngram *model);
int32_t qp_ngram_vocabulary(const qp_ngram *model);       /* words, including the three special ones */
int64_t qp_ngram_count(const qp_ngram *model, int order); /* n-grams of that order, from 1 */
const char *qp_ngram_word(const qp_ngram *model, int32_t id);
int32_t qp_ngram_find(const qp_ngram *model, const char *word, size_t bytes); /* <unk> if unknown */

/* qp_ngram_log10 — log10 P(word | context).
 * context  [count] oldest word first; only the last order-1 matter. At the beginning of a line it begins with <s>.
 * matched  length of the longest n-gram found, including `word`; may be NULL
 * Time     O(order^2) binary searches. */
double qp_ngram_log10(const qp_ngram *model, const int32_t *context, int count, int32_t word, int *matched);

/* qp_ngram_logits — ln P of every word given the context, [vocabulary]; -inf for <s>.
 * Time     O(order * vocabulary). */
void qp_ngram_logits(const qp_ngram *model, const int32_t *context, int count, qp_real *log_probability);

/* qp_ngram_next_word — the next word of a line from offset *at, which moves past it; NULL at the end. */
const char *qp_ngram_next_word(const char *line, size_t bytes, size_t *at, size_t *word_bytes);

#endif
