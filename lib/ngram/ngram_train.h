#ifndef QP_NGRAM_TRAIN_H
#define QP_NGRAM_TRAIN_H

#include "lib/ngram/ngram.h"

/* ngram_train — interpolated modified Kneser-Ney smoothing, as in KenLM's lmplz.
 *   a(g)     count of g in the highest order or if g begins with <s>; else the number of distinct words before g
 *   D_j      j - (j+1) Y n_{j+1} / n_j, Y = n_1 / (n_1 + 2 n_2), n_j = n-grams of this order with a = j; j = 1, 2, 3+.
 *            If that is NaN or not in 0..j, the order uses 0.5, 1 and 1.5
 *   P(w|h)   (a(hw) - D(a(hw))) / sum a(h.)  +  gamma(h) P(w | h without its first word); the gamma of
 *            the unigrams is spread over all words but <s>
 *   gamma(h) (D_1 N_1(h) + D_2 N_2(h) + D_3 N_3(h) + a of the pruned n-grams) / sum a(h.)  =  backoff(h)
 * Source   Chen & Goodman 1998; Heafield et al. 2013. */
typedef struct {
    int order;                         /* 1 .. QP_NGRAM_MAX_ORDER */
    bool interpolate_unigrams;         /* false: only <unk> gets the unigrams' gamma */
    bool unknown_is_word;              /* the text may contain <unk>, counted like any word */
    int64_t prune[QP_NGRAM_MAX_ORDER]; /* [i]: order i+1 drops n-grams seen at most this often; rising from 0 */
} qp_ngram_config;

/* [order-1][j] is D_j. */
typedef double qp_ngram_discounts[QP_NGRAM_MAX_ORDER][4];

/* The next line of the text, words separated by white space; *line is NULL at the end. */
typedef qp_status qp_ngram_lines(void *self, const char **line, size_t *bytes);

/* qp_ngram_train — estimate a model from lines; each line, also an empty one, is <s> words </s>. `discounts` may be
 * NULL.
 * Memory   8 bytes per token and about 60 per n-gram while training; 16 per n-gram of the result.
 * Time     O(tokens log tokens + n-grams * order^2).
 * Errors   QP_EUSAGE (order, thresholds), QP_EDATA (no lines; a line with <s>, </s>, NUL or, unless
 *          unknown_is_word, <unk>; 2^31 tokens), QP_EMEMORY, errors of `next`. */
qp_status qp_ngram_train(const qp_ngram_config *config, qp_ngram_lines *next, void *self, qp_ngram_discounts *discounts,
                         qp_ngram **model);

#endif
