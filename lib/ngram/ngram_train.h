#ifndef QP_NGRAM_TRAIN_H
#define QP_NGRAM_TRAIN_H

#include "lib/ngram/ngram.h"

/* ngram_train — interpolated modified Kneser-Ney, as lmplz estimates it.
 *   a(g)     count of g on the highest order and where g begins with <s>; else the number of different words before g
 *   D_j      j - (j+1) Y n_{j+1} / n_j, Y = n_1 / (n_1 + 2 n_2), n_j = n-grams of this order with a = j; j = 1, 2, 3+.
 *            Where that is no number or not in 0..j, this order takes 0.5, 1 and 1.5
 *   P(w|h)   (a(hw) - D(a(hw))) / sum a(h.)  +  gamma(h) P(w | h without its first word); unigrams share their gamma
 *            out over all words but <s>
 *   gamma(h) (D_1 N_1(h) + D_2 N_2(h) + D_3 N_3(h) + a of what was pruned) / sum a(h.)  =  backoff(h)
 * Source   Chen & Goodman 1998; Heafield et al. 2013. */
typedef struct {
    int order;                         /* 1 .. QP_NGRAM_MAX_ORDER */
    bool interpolate_unigrams;         /* false: <unk> alone gets the unigrams' gamma */
    bool unknown_is_word;              /* the text may hold <unk>, which is counted like any word */
    int64_t prune[QP_NGRAM_MAX_ORDER]; /* n-grams of order i+1 seen at most so often are left out; not falling, [0] 0 */
} qp_ngram_config;

/* [order-1][j] is D_j; NULL where they are not asked for. */
typedef double qp_ngram_discounts[QP_NGRAM_MAX_ORDER][4];

/* The text: one line after the other, words with white space between them; *line NULL at the end. */
typedef qp_status qp_ngram_lines(void *self, const char **line, size_t *bytes);

/* qp_ngram_train — learn from lines; each is <s> words </s>, an empty one too.
 * Memory   8 bytes a token and about 60 an n-gram while learning; 16 an n-gram kept.
 * Time     tokens log tokens + n-grams * order^2.
 * Errors   QP_EUSAGE (order, thresholds), QP_EDATA (no line; a line that holds <s>, </s>, a NUL or, where that
 *          is no word, <unk>, with its number; 2^31 tokens), QP_EMEMORY, what `next` says. */
qp_status qp_ngram_train(const qp_ngram_config *config, qp_ngram_lines *next, void *self, qp_ngram_discounts *discounts,
                         qp_ngram **model);

#endif
