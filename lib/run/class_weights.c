#define _GNU_SOURCE
#include "lib/run/class_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static qp_status parse_one(const char *part, size_t bytes, const qp_labels *labels, qp_real *weight)
{
    const char *colon = memrchr(part, ':', bytes);
    char *end;
    int label = colon ? qp_labels_find(labels, part, (size_t)(colon - part)) : -1;
    if (!colon)
        return qp_fail(QP_EUSAGE, "--class-weights %.*s: not balanced, and not LABEL:N", (int)bytes, part);
    if (label < 0)
        return qp_fail(QP_EUSAGE, "--class-weights %.*s: the training data has no such label", (int)bytes, part);
    double value = strtod(colon + 1, &end);
    if (end != part + bytes || end == colon + 1 || !(value > 0) || !isfinite((qp_real)value))
        return qp_fail(QP_EUSAGE, "--class-weights %.*s: its weight is no number above 0", (int)bytes, part);
    if (weight[label] > 0)
        return qp_fail(QP_EUSAGE, "--class-weights %.*s: the label is named twice", (int)bytes, part);
    weight[label] = (qp_real)value;
    return QP_OK;
}

qp_status qp_class_weights_parse(const char *list, const qp_labels *labels, qp_real *weight)
{
    for (int c = 0; c < labels->count; c++) weight[c] = 0;
    while (*list) {
        size_t bytes = strcspn(list, ",");
        QP_TRY(parse_one(list, bytes, labels, weight));
        list += bytes;
        list += *list == ',';
    }
    for (int c = 0; c < labels->count; c++)
        if (!(weight[c] > 0)) weight[c] = 1;
    return QP_OK;
}

void qp_class_weights_balance(const int64_t *count, int labels, qp_real *weight)
{
    double sum = 0;
    for (int c = 0; c < labels; c++) sum += (double)count[c];
    for (int c = 0; c < labels; c++) weight[c] = count[c] ? (qp_real)(sum / ((double)labels * (double)count[c])) : 1;
}

/* Training examples of each label [labels], malloc'ed; NULL: out of memory. */
static int64_t *count_examples(const qp_train_data *data)
{
    const qp_corpus *corpus = &data->corpus[QP_TRAINING];
    const qp_images *images = &data->images[QP_TRAINING];
    int64_t *count = calloc((size_t)data->package->labels.count + 1, sizeof *count);
    int64_t answers = corpus->sequences ? corpus->target.start[corpus->sequences] : 0;
    for (int64_t i = 0; count && i < answers; i++)
        if (corpus->target.id[i] >= 0) count[corpus->target.id[i]]++;
    for (int64_t i = 0; count && i < images->count; i++) count[images->label[i]]++;
    return count;
}

static qp_status check(const qp_model_config *c)
{
    bool plain = c->loss == QP_OBJECTIVE_AUTO || c->loss == QP_OBJECTIVE_CROSS_ENTROPY;
    if (c->crf)
        return qp_fail(QP_EUSAGE, "--class-weights weigh single tags, --crf whole sentences; leave one of them out");
    if (c->multi_label)
        return qp_fail(QP_EUSAGE, "--class-weights weigh texts by their one label; leave --multi-label out");
    if (c->mixup > 0 || !plain)
        return qp_fail(QP_EUSAGE, "--class-weights need --loss cross-entropy without --mixup; leave one of them out");
    return QP_OK;
}

qp_status qp_class_weights_set(const qp_train_settings *settings, const qp_train_data *data)
{
    const char *list = settings->job.class_weights;
    const qp_labels *labels = &data->package->labels;
    if (!*list) return QP_OK;
    QP_TRY(check(&settings->model));
    qp_real *weight = malloc(((size_t)labels->count + 1) * sizeof *weight);
    int64_t *count = count_examples(data);
    bool balanced = strcmp(list, "balanced") == 0;
    qp_status status = weight && count ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the weights of the labels");
    if (status == QP_OK && balanced) qp_class_weights_balance(count, labels->count, weight);
    if (status == QP_OK && !balanced) status = qp_class_weights_parse(list, labels, weight);
    if (status == QP_OK) status = qp_model_weigh_classes(data->package->model, weight);
    free(count);
    free(weight);
    return status;
}
