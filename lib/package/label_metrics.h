#ifndef QP_LABEL_METRICS_H
#define QP_LABEL_METRICS_H

#include "data/text/label_sets.h"
#include "data/text/labels.h"
#include "lib/cluster/cluster.h"
#include "lib/metric/classes.h"
#include "lib/metric/entity.h"
#include "lib/metric/multi_label.h"
#include "lib/model/model.h"

/* label_metrics — how well labels are predicted: accuracy, precision, recall and F1, and for a tagger of entities
 * (B-PER, I-PER, O) entity F1. Percentages. */
typedef struct {
    const qp_labels *labels;
    qp_confusion confusion; /* one class more than labels: labels that training did not have */
    bool entities;          /* the labels are entities' */
    qp_entity_sums entity;
    int64_t unseen;
    const qp_label_sets *sets; /* of --multi-label: the answers of the batches; NULL: one label each */
    qp_multi_label multi;      /* takes the place of the confusion matrix then */
} qp_label_metrics;

/* qp_label_metrics_init — all counts zero. tags: the labels are a tagger's.
 * qp_label_metrics_init_sets — the same of texts with sets of labels, which are borrowed.
 * qp_label_metrics_add — `count` answers of one sequence: truth[i] is a label, or -1: not in the training data.
 * qp_label_metrics_measure — all batches of a source, answered by the model with its current weights. The ranks of a
 *   cluster (NULL: this process alone) share the batches, and all get the same counts; collective. */
qp_status qp_label_metrics_init(const qp_labels *labels, bool tags, qp_label_metrics *metrics);
qp_status qp_label_metrics_init_sets(const qp_labels *labels, const qp_label_sets *sets, qp_label_metrics *metrics);
qp_status qp_label_metrics_add(qp_label_metrics *metrics, const int32_t *truth, const int32_t *predicted, int count);
qp_status qp_label_metrics_measure(const qp_model *model, qp_batch_source *source, int threads, qp_cluster *cluster,
                                   qp_label_metrics *metrics);
void qp_label_metrics_free(qp_label_metrics *metrics);

/* qp_label_metrics_accuracy — answers that are right; texts with exactly the right set.
 * qp_label_metrics_f1 — of entities where the labels are entities', else the mean over the classes. */
double qp_label_metrics_accuracy(const qp_label_metrics *metrics);
double qp_label_metrics_f1(const qp_label_metrics *metrics);

#endif
