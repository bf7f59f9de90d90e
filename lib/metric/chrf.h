#ifndef QP_CHRF_H
#define QP_CHRF_H

#include "lib/metric/segment.h"

/* chrf — character n-gram F-score as sacreBLEU 2 defines it
 *   per order, over all segments:  P = matches / n-grams of the hypotheses,  R = matches / n-grams of the references
 *   P and R are averaged over the orders that both sides have;  chrF = 100 (1 + beta^2) P R / (beta^2 P + R)
 * (The average comes before the F.) Character n-grams leave out white space; word n-grams use words with one
 * leading or trailing punctuation mark split off. Of several references a segment uses the one with the best F.
 * epsilon_smoothing: the mean of the F of every order, as in the first chrF++.py, NLTK and Moses.
 * Source  Popovic 2015, 2017; Post 2018. chrF2: 6, 0, 2. chrF2++: 6, 2, 2. */
enum { QP_CHRF_ORDER_MAX = 16 };

typedef struct {
    int char_order, word_order, beta; /* orders together at most QP_CHRF_ORDER_MAX */
    bool lower_case, white_space, epsilon_smoothing;
} qp_chrf_config;

qp_chrf_config qp_chrf_config_default(void);

/* Sums over segments, character orders first; start from {0}. Two sums may be added member by member. */
typedef struct {
    int64_t hypothesis[QP_CHRF_ORDER_MAX], reference[QP_CHRF_ORDER_MAX], match[QP_CHRF_ORDER_MAX];
} qp_chrf_sums;

/* qp_chrf_add    — adds the statistics of one segment, with at least one reference.   Errors  QP_EMEMORY, QP_EUSAGE.
 * qp_chrf_finish — the score of the sums, 0 .. 100. */
qp_status qp_chrf_add(const qp_chrf_config *config, qp_text hypothesis, const qp_text *reference, int references,
                      qp_chrf_sums *sums);
double qp_chrf_finish(const qp_chrf_config *config, const qp_chrf_sums *sums);

/* qp_chrf_signature — as sacreBLEU prints it; returns `text`. */
const char *qp_chrf_signature(const qp_chrf_config *config, int references, char *text, size_t bytes);

#endif
