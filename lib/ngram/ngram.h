#ifndef QP_NGRAM_H
#define QP_NGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* ngram — a Markov model of text with back-off: log10 P(w | h) for the n-grams it holds, and else
 *     P(w | h) = backoff(h) P(w | h without its first word),   backoff of an unseen h: 1
 * Learned in ngram_train.h, read and written in ngram_arpa.h. It does not change after it was made, so any number of
 * threads may use one. Words are strings without white space; ids 0 <unk>, 1 <s>, 2 </s>. */
enum { QP_NGRAM_MAX_ORDER = 12 };
typedef struct qp_ngram qp_ngram;

void qp_ngram_free(qp_ngram *model);
int qp_ngram_order(const qp_ngram *model);
int32_t qp_ngram_vocabulary(const qp_ngram *model);       /* words, the three special ones included */
int64_t qp_ngram_count(const qp_ngram *model, int order); /* n-grams of that order, from 1 */
const char *qp_ngram_word(const qp_ngram *model, int32_t id);
int32_t qp_ngram_find(const qp_ngram *model, const char *word, size_t bytes); /* <unk> for a word it has not */

/* qp_ngram_log10 — log10 P(word | context).
 * context  [count] oldest word first; the last order-1 of them matter. It begins with <s> at the beginning of a line.
 * matched  words of the longest n-gram found, `word` included; may be NULL
 * Time     order^2 binary searches. */
double qp_ngram_log10(const qp_ngram *model, const int32_t *context, int count, int32_t word, int *matched);

/* qp_ngram_logits — ln P of every word given the context, <s> -inf: [vocabulary], what a sampler reads.
 * Time     order * vocabulary. */
void qp_ngram_logits(const qp_ngram *model, const int32_t *context, int count, qp_real *log_probability);

/* What was read, in sum. */
typedef struct {
    double log10, unknown_log10; /* of all tokens; of those that are <unk> */
    int64_t tokens, unknown;     /* </s> counts as a token */
} qp_ngram_sums;

/* qp_ngram_score — add one line of words with white space between them. begin: it begins after <s>; end: count </s>.
 * qp_ngram_perplexity — 10^(-log10 / tokens); NaN without tokens.
 * qp_ngram_next_word — the next word of a line from *at on; NULL at its end. */
void qp_ngram_score(const qp_ngram *model, const char *line, size_t bytes, bool begin, bool end, qp_ngram_sums *sums);
double qp_ngram_perplexity(const qp_ngram_sums *sums);
const char *qp_ngram_next_word(const char *line, size_t bytes, size_t *at, size_t *word_bytes);

#endif
