#ifndef QP_BLEU_H
#define QP_BLEU_H

#include "lib/config/config.h"
#include "lib/metric/bleu_tokenizer.h"
#include "lib/metric/segment.h"

/* bleu — corpus BLEU as sacreBLEU 2 defines it
 *   p_n  = matched n-grams / n-grams of the hypotheses, matches of an n-gram clipped at its largest count in one
 *        reference
 *   BP   = 1 if the hypotheses are longer than the references, else exp(1 - reference length / hypothesis length)
 *   BLEU = 100 BP exp(mean over n = 1..max_order of log p_n)
 * The reference length of a segment is that of the reference nearest in length (the shorter of two). The statistics of
 * segments are summed before the score is computed; without any match it is 0, whatever the smoothing.
 * Smoothing of a zero p_n:  none  BLEU = 0;  floor  value / total;  add-k  (match + k) / (total + k) for all n > 1;
 *   exp  1/(2^j total) for the j-th zero order.
 * Source  Papineni et al. 2002; Post 2018 (sacreBLEU); smoothing: Chen & Cherry 2014. */
#define QP_BLEU_SMOOTHINGS(X)                                                                                          \
    X(QP_SMOOTH_EXP, "exp") X(QP_SMOOTH_FLOOR, "floor") X(QP_SMOOTH_ADD_K, "add-k") X(QP_SMOOTH_NONE, "none")
typedef enum { QP_BLEU_SMOOTHINGS(QP_CHOICE_ID) QP_SMOOTH_COUNT } qp_bleu_smoothing;

enum { QP_BLEU_ORDER_MAX = 16 };

typedef struct {
    qp_bleu_tokenizer tokenizer;
    const qp_bleu_pieces *pieces; /* in its place, borrowed; NULL: none */
    bool lower_case;
    qp_bleu_smoothing smoothing;
    double smoothing_value; /* negative: the method's default, 0.1 for floor and 1 for add-k */
    int max_order;          /* 1 .. QP_BLEU_ORDER_MAX */
    bool effective_order;   /* skip orders longer than the hypothesis (for single sentences) */
} qp_bleu_config;

/* The usual settings: 13a, case kept, exp, order 4. */
qp_bleu_config qp_bleu_config_default(void);

/* qp_bleu_smoothing_find — by name: exp, floor, add-k, none; QP_EUSAGE otherwise. */
qp_status qp_bleu_smoothing_find(const char *name, qp_bleu_smoothing *smoothing);

/* Sums over segments; start from {0}. Two sums may be added member by member. */
typedef struct {
    int64_t hypothesis_length, reference_length;
    int64_t match[QP_BLEU_ORDER_MAX], total[QP_BLEU_ORDER_MAX];
} qp_bleu_sums;

typedef struct {
    double score;                        /* 0 .. 100 */
    double precision[QP_BLEU_ORDER_MAX]; /* percent, smoothed */
    double count[QP_BLEU_ORDER_MAX];     /* matches and n-grams as used (with add-k: k is added) */
    double total[QP_BLEU_ORDER_MAX];
    double brevity_penalty;
    int64_t hypothesis_length, reference_length;
} qp_bleu_score;

/* qp_bleu_add    — adds the statistics of one segment; 1 .. QP_REFERENCES_MAX references.   Errors  QP_EMEMORY,
 * QP_EUSAGE.
 * qp_bleu_finish — the score of the sums. */
qp_status qp_bleu_add(const qp_bleu_config *config, qp_text hypothesis, const qp_text *reference, int references,
                      qp_bleu_sums *sums);
qp_bleu_score qp_bleu_finish(const qp_bleu_config *config, const qp_bleu_sums *sums);

/* qp_bleu_signature — what sacreBLEU prints to make a score repeatable; returns `text`. */
const char *qp_bleu_signature(const qp_bleu_config *config, int references, char *text, size_t bytes);

#endif
