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

/* The answers to all batches of a source. Of several ranks each answers its share of the batches. */
typedef struct {
    const qp_model *model;
    qp_batch_source *source;
    int threads;
    qp_cluster *cluster;
    int64_t batches;
    size_t *row;     /* [batches + 1] rows before a batch */
    size_t width;    /* scores of a row; 0: labels */
    char *answer;    /* [rows] labels, or scores */
    size_t bytes;    /* of a row's answer */
} answers;

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "out of memory for the answers to the validation data");
}

static int64_t first_batch(const answers *a, int rank) { return a->batches * rank / qp_cluster_ranks(a->cluster); }

static qp_status make_room(answers *a)
{
    QP_TRY(a->source->begin(a->source->self, 0, &a->batches));
    a->row = calloc((size_t)a->batches + 1, sizeof *a->row);
    if (!a->row) return out_of_memory();
    for (int64_t i = 0; i < a->batches; i++) {
        qp_batch batch;
        QP_TRY(a->source->get(a->source->self, i, 0, &batch));
        a->row[i + 1] = a->row[i] + (size_t)qp_sequence_rows(batch.target.sequences);
    }
    a->bytes = a->width ? a->width * sizeof(qp_real) : sizeof(int32_t);
    a->answer = malloc(a->row[a->batches] * a->bytes + 1);
    return a->answer ? QP_OK : out_of_memory();
}

static qp_status answer_batch(const answers *a, int64_t number)
{
    qp_batch batch;
    QP_TRY(a->source->get(a->source->self, number, 0, &batch));
    void *at = a->answer + a->row[number] * a->bytes;
    if (a->width) return qp_predict(a->model, &batch, a->threads, at);
    size_t outputs = (size_t)qp_model_outputs(qp_model_config_of(a->model)), rows = a->row[number + 1] - a->row[number];
    qp_real *score = malloc((rows * outputs + 1) * sizeof *score);
    qp_status status = score ? qp_predict(a->model, &batch, a->threads, score) : out_of_memory();
    if (status == QP_OK) status = qp_predict_answers(a->model, batch.target.sequences, score, at, NULL);
    free(score);
    return status;
}

static qp_status answer_own(answers *a)
{
    int rank = qp_cluster_rank(a->cluster);
    QP_TRY(make_room(a));
    for (int64_t i = first_batch(a, rank); i < first_batch(a, rank + 1); i++) QP_TRY(answer_batch(a, i));
    return QP_OK;
}

/* The answers of all ranks, to all. */
static qp_status gather(const answers *a)
{
    size_t ranks = (size_t)qp_cluster_ranks(a->cluster), *start = malloc((ranks + 1) * sizeof *start);
    qp_status status = qp_cluster_agree(a->cluster, start ? QP_OK : out_of_memory());
    for (size_t r = 0; start && r <= ranks; r++) start[r] = a->row[first_batch(a, (int)r)] * a->bytes;
    if (status == QP_OK) status = qp_cluster_gather(a->cluster, start, 1, a->answer);
    free(start);
    return status;
}

static qp_status add_answers(const answers *a, qp_label_metrics *metrics)
{
    for (int64_t n = 0; n < a->batches; n++) {
        qp_batch batch;
        QP_TRY(a->source->get(a->source->self, n, 0, &batch));
        qp_sequences s = batch.target.sequences;
        const void *answer = a->answer + a->row[n] * a->bytes;
        if (a->width) add_sets(metrics, batch.target.id, qp_sequence_rows(s), answer);
        for (int i = 0; !a->width && i < s.count; i++)
            QP_TRY(qp_label_metrics_add(metrics, batch.target.id + s.start[i], (const int32_t *)answer + s.start[i],
                                        s.start[i + 1] - s.start[i]));
    }
    return QP_OK;
}

qp_status qp_label_metrics_measure(const qp_model *model, qp_batch_source *source, int threads, qp_cluster *cluster,
                                   qp_label_metrics *metrics)
{
    answers a = {.model = model, .source = source, .threads = threads, .cluster = cluster};
    if (metrics->sets) a.width = (size_t)metrics->labels->count;
    qp_status status = qp_cluster_agree(cluster, answer_own(&a));
    if (status == QP_OK) status = gather(&a);
    if (status == QP_OK) status = add_answers(&a, metrics);
    free(a.row);
    free(a.answer);
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
