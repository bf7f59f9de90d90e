#ifndef QP_CLASSES_H
#define QP_CLASSES_H

#include <stdint.h>

#include "lib/base/status.h"

/* classes — how well labels are predicted; all scores come from the confusion matrix. A ratio 0/0 is 0.
 *   precision = correct / predicted as the class;  recall = correct / examples of the class
 *   F_beta    = (1 + beta^2) P R / (beta^2 P + R)
 *   matthews  = correlation of truth and prediction in [-1, 1] (Matthews 1975; several classes: Gorodkin 2004)
 *   kappa     = (accuracy - expected by chance) / (1 - expected by chance) (Cohen 1960) */
typedef struct {
    int classes;
    int64_t *count; /* [classes, classes]: rows truth, columns prediction */
} qp_confusion;

/* qp_confusion_init — an empty matrix; 1 .. 65536 classes.   Errors  QP_EMEMORY, QP_EUSAGE.
 * qp_confusion_add  — adds one example; QP_EDATA if a label is not a class. */
qp_status qp_confusion_init(qp_confusion *confusion, int classes);
void qp_confusion_free(qp_confusion *confusion);
qp_status qp_confusion_add(qp_confusion *confusion, int truth, int predicted);

typedef struct {
    double precision, recall, f;
} qp_class_scores;

double qp_class_accuracy(const qp_confusion *confusion);
double qp_class_balanced_accuracy(const qp_confusion *confusion); /* mean recall over the classes that occur */
double qp_class_matthews(const qp_confusion *confusion);
double qp_class_kappa(const qp_confusion *confusion);

/* qp_class_scores_of       — of one class; *support (may be NULL) receives how often it occurs.
 * qp_class_scores_macro    — mean over the classes that occur or are predicted.
 * qp_class_scores_weighted — the same weighted by support.
 * qp_class_scores_micro    — over all examples: all three are the accuracy. */
qp_class_scores qp_class_scores_of(const qp_confusion *confusion, int label, double beta, int64_t *support);
qp_class_scores qp_class_scores_macro(const qp_confusion *confusion, double beta);
qp_class_scores qp_class_scores_weighted(const qp_confusion *confusion, double beta);
qp_class_scores qp_class_scores_micro(const qp_confusion *confusion);

#endif
