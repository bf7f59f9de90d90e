#ifndef QP_LABEL_METRICS_H
#define QP_LABEL_METRICS_H

#include <jansson.h>
#include <stdio.h>

#include "cli/base/text_model.h"
#include "lib/metric/classes.h"
#include "lib/metric/entity.h"

/* label_metrics — how well labels are predicted: accuracy, precision, recall and F1, and where the labels of a tagger are
 * entities (B-PER, I-PER, O), entity F1. Percentages. */
typedef struct {
    const qp_labels *labels;
    qp_confusion confusion; /* one class more than labels: those that training did not have */
    bool entities;          /* the labels mean entities */
    qp_entity_sums entity;
    int64_t unseen;
} qp_label_metrics;

/* qp_label_metrics_init — nothing counted. tags: the labels are a tagger's.
 * qp_label_metrics_add — `count` answers that belong together (a sentence's): truth[i] is a label or -1, unseen.
 * qp_label_metrics_measure — all of a source of batches, as the model now answers them. */
qp_status qp_label_metrics_init(const qp_labels *labels, bool tags, qp_label_metrics *metrics);
qp_status qp_label_metrics_add(qp_label_metrics *metrics, const int32_t *truth, const int32_t *predicted, int count);
qp_status qp_label_metrics_measure(const qp_text_model *m, qp_batch_source *source, int threads,
                                   qp_label_metrics *metrics);
void qp_label_metrics_free(qp_label_metrics *metrics);

/* qp_label_metrics_f1 — of entities where the labels mean entities, else the mean over the classes. */
double qp_label_metrics_accuracy(const qp_label_metrics *metrics);
double qp_label_metrics_f1(const qp_label_metrics *metrics);

/* qp_label_metrics_print — the chosen ones of a list (accuracy, f1, precision, recall, micro, weighted, balanced-accuracy,
 * matthews, kappa, entity-f1, confusion, report), as lines or one JSON object.   Errors  QP_EUSAGE: unknown; QP_EMEMORY.
 * qp_label_metrics_check — QP_EUSAGE for a list that holds none or an unknown one. */
qp_status qp_label_metrics_check(const char *names);
qp_status qp_label_metrics_print(const qp_label_metrics *metrics, const char *names, bool json);

#endif
