#include "lib/metric/multi_label.h"

#include <stdbool.h>
#include <stdlib.h>

qp_status qp_multi_label_init(qp_multi_label *m, int labels)
{
    *m = (qp_multi_label){.labels = labels, .tally = calloc((size_t)labels + 1, sizeof *m->tally)};
    return m->tally ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the counts of %d labels", labels);
}

void qp_multi_label_free(qp_multi_label *m)
{
    free(m->tally);
    *m = (qp_multi_label){0};
}

void qp_multi_label_add(qp_multi_label *m, const int32_t *truth, int64_t count, const qp_real *score)
{
    bool exact = true;
    int64_t at = 0;
    for (; at < count && truth[at] < 0; at++, exact = false) m->tally[m->labels].missed++;
    for (int c = 0; c < m->labels; c++) {
        bool has = at < count && truth[at] == c, gets = score[c] > 0;
        at += has;
        m->tally[c].hit += has && gets;
        m->tally[c].missed += has && !gets;
        m->tally[c].false_alarm += gets && !has;
        exact = exact && has == gets;
    }
    m->texts++;
    m->exact += exact;
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

qp_class_scores qp_multi_label_of(const qp_label_tally *t)
{
    qp_class_scores s = {.precision = ratio((double)t->hit, (double)(t->hit + t->false_alarm)),
                         .recall = ratio((double)t->hit, (double)(t->hit + t->missed))};
    s.f = ratio(2 * s.precision * s.recall, s.precision + s.recall);
    return s;
}

static qp_class_scores mean(const qp_multi_label *m, bool by_support)
{
    qp_class_scores sum = {0};
    double weights = 0;
    for (int c = 0; c <= m->labels; c++) {
        const qp_label_tally *t = &m->tally[c];
        qp_class_scores s = qp_multi_label_of(t);
        double weight = by_support ? (double)(t->hit + t->missed) : t->hit + t->missed + t->false_alarm > 0;
        sum.precision += weight * s.precision;
        sum.recall += weight * s.recall;
        sum.f += weight * s.f;
        weights += weight;
    }
    return (qp_class_scores){ratio(sum.precision, weights), ratio(sum.recall, weights), ratio(sum.f, weights)};
}

qp_class_scores qp_multi_label_macro(const qp_multi_label *m) { return mean(m, false); }

qp_class_scores qp_multi_label_weighted(const qp_multi_label *m) { return mean(m, true); }

qp_class_scores qp_multi_label_micro(const qp_multi_label *m)
{
    qp_label_tally sum = {0};
    for (int c = 0; c <= m->labels; c++) {
        sum.hit += m->tally[c].hit;
        sum.false_alarm += m->tally[c].false_alarm;
        sum.missed += m->tally[c].missed;
    }
    return qp_multi_label_of(&sum);
}

double qp_multi_label_exact(const qp_multi_label *m) { return ratio((double)m->exact, (double)m->texts); }
