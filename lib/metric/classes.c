#include "lib/metric/classes.h"

#include <math.h>
#include <stdlib.h>

qp_status qp_confusion_init(qp_confusion *confusion, int classes)
{
    *confusion = (qp_confusion){0};
    if (classes < 1 || classes > 65536)
        return qp_fail(QP_EUSAGE, "classes: %d classes; there may be 1 to 65536", classes);
    confusion->count = calloc((size_t)classes * (size_t)classes, sizeof *confusion->count);
    if (!confusion->count) return qp_fail(QP_EMEMORY, "classes: out of memory for %d x %d counts", classes, classes);
    confusion->classes = classes;
    return QP_OK;
}

void qp_confusion_free(qp_confusion *confusion)
{
    free(confusion->count);
    *confusion = (qp_confusion){0};
}

static int64_t cell(const qp_confusion *c, int truth, int predicted)
{
    return c->count[(size_t)truth * (size_t)c->classes + (size_t)predicted];
}

qp_status qp_confusion_add(qp_confusion *c, int truth, int predicted)
{
    if (truth < 0 || truth >= c->classes || predicted < 0 || predicted >= c->classes)
        return qp_fail(QP_EDATA, "classes: label %d, predicted %d; labels go from 0 to %d", truth, predicted,
                       c->classes - 1);
    c->count[(size_t)truth * (size_t)c->classes + (size_t)predicted]++;
    return QP_OK;
}

/* ---- sums over the matrix ---- */

static int64_t occurrences(const qp_confusion *c, int label)
{
    int64_t sum = 0;
    for (int j = 0; j < c->classes; j++) sum += cell(c, label, j);
    return sum;
}

static int64_t predictions(const qp_confusion *c, int label)
{
    int64_t sum = 0;
    for (int i = 0; i < c->classes; i++) sum += cell(c, i, label);
    return sum;
}

static int64_t examples(const qp_confusion *c)
{
    int64_t sum = 0;
    for (int i = 0; i < c->classes; i++) sum += occurrences(c, i);
    return sum;
}

static int64_t right(const qp_confusion *c)
{
    int64_t sum = 0;
    for (int i = 0; i < c->classes; i++) sum += cell(c, i, i);
    return sum;
}

static double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* ---- scores ---- */

double qp_class_accuracy(const qp_confusion *c) { return ratio((double)right(c), (double)examples(c)); }

double qp_class_balanced_accuracy(const qp_confusion *c)
{
    double sum = 0;
    int occurring = 0;
    for (int i = 0; i < c->classes; i++) {
        int64_t support = occurrences(c, i);
        if (support == 0) continue;
        sum += (double)cell(c, i, i) / (double)support;
        occurring++;
    }
    return ratio(sum, occurring);
}

double qp_class_matthews(const qp_confusion *c)
{
    double n = (double)examples(c), both = 0, truth = 0, predicted = 0;
    for (int i = 0; i < c->classes; i++) {
        double t = (double)occurrences(c, i), p = (double)predictions(c, i);
        both += t * p;
        truth += t * t;
        predicted += p * p;
    }
    double spread = (n * n - predicted) * (n * n - truth);
    return spread > 0 ? ((double)right(c) * n - both) / sqrt(spread) : 0;
}

double qp_class_kappa(const qp_confusion *c)
{
    double n = (double)examples(c), chance = 0;
    if (n == 0) return 0;
    for (int i = 0; i < c->classes; i++) chance += (double)occurrences(c, i) / n * ((double)predictions(c, i) / n);
    return ratio((double)right(c) / n - chance, 1 - chance);
}

qp_class_scores qp_class_scores_of(const qp_confusion *c, int label, double beta, int64_t *support)
{
    double hit = (double)cell(c, label, label);
    int64_t occurring = occurrences(c, label);
    qp_class_scores s = {.precision = ratio(hit, (double)predictions(c, label)),
                         .recall = ratio(hit, (double)occurring)};
    s.f = ratio((1 + beta * beta) * s.precision * s.recall, beta * beta * s.precision + s.recall);
    if (support) *support = occurring;
    return s;
}

static void add_weighted(qp_class_scores *sum, const qp_class_scores *s, double weight)
{
    sum->precision += weight * s->precision;
    sum->recall += weight * s->recall;
    sum->f += weight * s->f;
}

static qp_class_scores divided(qp_class_scores sum, double by)
{
    return (qp_class_scores){ratio(sum.precision, by), ratio(sum.recall, by), ratio(sum.f, by)};
}

qp_class_scores qp_class_scores_macro(const qp_confusion *c, double beta)
{
    qp_class_scores sum = {0};
    int counted = 0;
    for (int i = 0; i < c->classes; i++) {
        int64_t support;
        qp_class_scores s = qp_class_scores_of(c, i, beta, &support);
        if (support == 0 && predictions(c, i) == 0) continue;
        add_weighted(&sum, &s, 1);
        counted++;
    }
    return divided(sum, counted);
}

qp_class_scores qp_class_scores_weighted(const qp_confusion *c, double beta)
{
    qp_class_scores sum = {0};
    for (int i = 0; i < c->classes; i++) {
        int64_t support;
        qp_class_scores s = qp_class_scores_of(c, i, beta, &support);
        add_weighted(&sum, &s, (double)support);
    }
    return divided(sum, (double)examples(c));
}

qp_class_scores qp_class_scores_micro(const qp_confusion *c)
{
    double accuracy = qp_class_accuracy(c);
    return (qp_class_scores){accuracy, accuracy, accuracy};
}
