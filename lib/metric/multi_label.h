#ifndef QP_MULTI_LABEL_H
#define QP_MULTI_LABEL_H

#include "lib/base/real.h"
#include "lib/metric/classes.h"

/* multi_label — how well sets of labels are predicted. Of label c: hit, texts that have it and got it; false_alarm,
 * that got it alone; missed, that have it alone.
 *   precision = hit / (hit + false_alarm), recall = hit / (hit + missed), F as in classes.h; a ratio 0/0 is 0
 *   macro     the mean over the labels that occur or are predicted; weighted: by how often they occur
 *   micro     of the sums over all labels
 *   exact     share of the texts whose set is exactly right
 * Source  Tsoumakas, Katakis & Vlahavas 2010; scikit-learn's f1_score of indicator matrices. */
typedef struct {
    int64_t hit, false_alarm, missed;
} qp_label_tally;

typedef struct {
    int labels;
    qp_label_tally *tally; /* [labels + 1]: the last of labels that training did not have */
    int64_t texts, exact;
} qp_multi_label;

/* qp_multi_label_init — of `labels` labels, all counts 0.   Errors  QP_EMEMORY.
 * qp_multi_label_add — one text: truth[count] ascending, -1: a label that training did not have; score [labels],
 *   predicted where above 0. */
qp_status qp_multi_label_init(qp_multi_label *m, int labels);
void qp_multi_label_add(qp_multi_label *m, const int32_t *truth, int64_t count, const qp_real *score);
void qp_multi_label_free(qp_multi_label *m);

qp_class_scores qp_multi_label_of(const qp_label_tally *tally);
qp_class_scores qp_multi_label_macro(const qp_multi_label *m);
qp_class_scores qp_multi_label_weighted(const qp_multi_label *m);
qp_class_scores qp_multi_label_micro(const qp_multi_label *m);
double qp_multi_label_exact(const qp_multi_label *m);

#endif
