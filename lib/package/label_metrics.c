#include "lib/package/label_metrics.h"

#include <stdlib.h>

#include "lib/decode/predict.h"

qp_status qp_label_metrics_init(const qp_labels *labels, bool tags, qp_label_metrics *metrics)
{
    *metrics = (qp_label_metrics){.labels = labels};
    metrics->entities = tags && qp_entity_has_prefixes((const char *const *)labels->text, labels->count);
    return qp_confusion_init(&metrics->confusion, labels->count + 1);
}

qp_status qp_label_metrics_init_sets(const qp_labels *labels, const qp_label_sets *sets, qp_label_metrics *metrics)
{
    *metrics = (qp_label_metrics){.labels = labels, .sets = sets};
    return qp_multi_label_init(&metrics->multi, labels->count);
}

void qp_label_metrics_free(qp_label_metrics *metrics)
{
    qp_confusion_free(&metrics->confusion);
    qp_entity_free(&metrics->entity);
    qp_multi_label_free(&metrics->multi);
    *metrics = (qp_label_metrics){0};
}

/* ---- counting ---- */

/* A tag that is not among the labels counts as an entity that is not found. */
static const char *tag_of(const qp_labels *labels, int32_t label)
{
    return label < 0 ? "B-(unseen)" : labels->text[label];
}

static qp_status add_entities(qp_label_metrics *metrics, const int32_t *truth, const int32_t *predicted, int count)
{
    const char **tag = malloc(2 * (size_t)count * sizeof *tag);
    if (!tag) return qp_fail(QP_EMEMORY, "out of memory for a sentence of %d words", count);
    for (int i = 0; i < count; i++) {
        tag[i] = tag_of(metrics->labels, truth[i]);
        tag[count + i] = tag_of(metrics->labels, predicted[i]);
    }
    qp_status status = qp_entity_add(&metrics->entity, tag, tag + count, count);
    free(tag);
    return status;
}

qp_status qp_label_metrics_add(qp_label_metrics *metrics, const int32_t *truth, const int32_t *predicted, int count)
{
    for (int i = 0; i < count; i++) {
        metrics->unseen += truth[i] < 0;
        QP_TRY(qp_confusion_add(&metrics->confusion, truth[i] < 0 ? metrics->labels->count : truth[i], predicted[i]));
    }
    return metrics->entities && count > 0 ? add_entities(metrics, truth, predicted, count) : QP_OK;
}

/* Texts with sets of labels, from their scores. */
static void add_sets(qp_label_metrics *metrics, const int32_t *number, int rows, const qp_real *score)
{
    const qp_label_sets *sets = metrics->sets;
    for (int r = 0; r < rows; r++) {
        const int32_t *truth = sets->label + sets->start[number[r]];
        int64_t count = sets->start[number[r] + 1] - sets->start[number[r]];
        for (int64_t i = 0; i < count && truth[i] < 0; i++) metrics->unseen++;
        qp_multi_label_add(&metrics->multi, truth, count, score + (size_t)r * (size_t)metrics->labels->count);
    }
}

static qp_status add_batch(const qp_model *model, const qp_batch *batch, int threads, qp_label_metrics *metrics)
{
    int outputs = qp_model_outputs(qp_model_config_of(model));
    qp_sequences s = batch->target.sequences;
    int rows = s.count ? s.start[s.count] : 0;
    qp_real *score = malloc(((size_t)rows * (size_t)outputs + 1) * sizeof *score);
    int32_t *best = malloc(((size_t)rows + 1) * sizeof *best);
    qp_status status = score && best ? qp_predict(model, batch, threads, score)
                                     : qp_fail(QP_EMEMORY, "out of memory for %d answers", rows);
    if (status == QP_OK && metrics->sets) add_sets(metrics, batch->target.id, rows, score);
    if (status == QP_OK && !metrics->sets) status = qp_predict_answers(model, s, score, best, NULL);
    for (int i = 0; status == QP_OK && !metrics->sets && i < s.count; i++)
        status = qp_label_metrics_add(metrics, batch->target.id + s.start[i], best + s.start[i],
                                      s.start[i + 1] - s.start[i]);
    free(score);
    free(best);
    return status;
}

qp_status qp_label_metrics_measure(const qp_model *model, qp_batch_source *source, int threads,
                                   qp_label_metrics *metrics)
{
    int64_t count;
    qp_status status = source->begin(source->self, 0, &count);
    for (int64_t i = 0; status == QP_OK && i < count; i++) {
        qp_batch batch;
        status = source->get(source->self, i, 0, &batch);
        if (status == QP_OK) status = add_batch(model, &batch, threads, metrics);
    }
    return status;
}

/* ---- results ---- */

double qp_label_metrics_accuracy(const qp_label_metrics *metrics)
{
    return 100 * (metrics->sets ? qp_multi_label_exact(&metrics->multi) : qp_class_accuracy(&metrics->confusion));
}

double qp_label_metrics_f1(const qp_label_metrics *metrics)
{
    if (metrics->sets) return 100 * qp_multi_label_macro(&metrics->multi).f;
    return 100 *
           (metrics->entities ? qp_entity_micro(&metrics->entity).f : qp_class_scores_macro(&metrics->confusion, 1).f);
}
