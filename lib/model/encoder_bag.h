#ifndef QP_ENCODER_BAG_H
#define QP_ENCODER_BAG_H

#include "lib/model/model.h"

/* encoder_bag — a text as the bag of its features (the n-grams of --tokenizer ngram), without order
 *   y = b + sum_f w_f E_f / |w|,   w_f = k_f i_f sqrt(r_f),   i_f = 1 + ln ((1 + n) / (1 + n_f)),
 *   r_f = max over labels c of |ln (p_cf / |p_c|) - ln (q_cf / |q_c|)|
 * i_f is the inverse document frequency of f, in n_f of n texts; r_f how much f says about a label; k_f is 2 for words
 * and pairs of words, 1 for characters, of which a text has ten times as many. p_cf = 1 + texts of label c that have
 * feature f; q_cf = 1 + texts of other labels that have it; |p| sums over
 * features. E [features, width] is src_embed.weight, zero at first; b encoder.bias; w encoder.feature_weight,
 * counted, not trained. --hidden-size 0: width = labels, and y are the scores of a linear classifier. --hidden-size
 * N: the head reads y.
 * Source  Wang & Manning 2012 (NBSVM's r), Sparck Jones 1972 (i), Joulin et al. 2017 (fastText). */

/* qp_bag_counts — how often each feature is in texts of each label.
 * qp_bag_counts_add — one text of this label; `id` names each of its features, or a part of them, once; ids
 *   outside the table are nothing. The caller counts `answers`.
 * qp_bag_counts_apply — w of a model with this encoder, from the counts; nothing for another model.
 * Errors  QP_EMEMORY. */
typedef struct {
    int features, labels;
    bool even_words; /* even ids are of words and pairs of words (the tokenizer's facts) */
    int64_t answers; /* of all texts: n */
    int32_t *texts;  /* [features, labels] */
} qp_bag_counts;

qp_status qp_bag_counts_init(qp_bag_counts *counts, int features, int labels);
void qp_bag_counts_add(qp_bag_counts *counts, int32_t label, const int32_t *id, int count);
qp_status qp_bag_counts_apply(const qp_bag_counts *counts, const qp_model *model);
void qp_bag_counts_free(qp_bag_counts *counts);

#endif
