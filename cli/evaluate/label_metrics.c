#include "cli/evaluate/label_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/metric_names.h"
#include "lib/decode/predict.h"

static const char unseen_name[] = "(unseen)";

qp_status qp_label_metrics_init(const qp_labels *labels, bool tags, qp_label_metrics *metrics)
{
    *metrics = (qp_label_metrics){.labels = labels};
    metrics->entities = tags && qp_entity_has_prefixes((const char *const *)labels->text, labels->count);
    return qp_confusion_init(&metrics->confusion, labels->count + 1);
}

void qp_label_metrics_free(qp_label_metrics *metrics)
{
    qp_confusion_free(&metrics->confusion);
    qp_entity_free(&metrics->entity);
    *metrics = (qp_label_metrics){0};
}

/* ---- counting ---- */

/* An unseen tag counts as an entity that cannot be found. */
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

static qp_status add_batch(const qp_text_model *m, const qp_batch *batch, int threads, qp_label_metrics *metrics)
{
    int outputs = qp_model_outputs(qp_model_config_of(m->model));
    qp_sequences s = batch->target.sequences;
    int rows = s.count ? s.start[s.count] : 0;
    qp_real *score = malloc(((size_t)rows * (size_t)outputs + 1) * sizeof *score);
    int32_t *best = malloc(((size_t)rows + 1) * sizeof *best);
    qp_status status = score && best ? qp_predict(m->model, batch, threads, score)
                                     : qp_fail(QP_EMEMORY, "out of memory for %d answers", rows);
    if (status == QP_OK) status = qp_predict_answers(m->model, s, score, best, NULL);
    for (int i = 0; status == QP_OK && i < s.count; i++)
        status = qp_label_metrics_add(metrics, batch->target.id + s.start[i], best + s.start[i],
                                      s.start[i + 1] - s.start[i]);
    free(score);
    free(best);
    return status;
}

qp_status qp_label_metrics_measure(const qp_text_model *m, qp_batch_source *source, int threads,
                                   qp_label_metrics *metrics)
{
    int64_t count;
    qp_status status = source->begin(source->self, 0, &count);
    for (int64_t i = 0; status == QP_OK && i < count; i++) {
        qp_batch batch;
        status = source->get(source->self, i, 0, &batch);
        if (status == QP_OK) status = add_batch(m, &batch, threads, metrics);
    }
    return status;
}

/* ---- the figures ---- */

double qp_label_metrics_accuracy(const qp_label_metrics *metrics)
{
    return 100 * qp_class_accuracy(&metrics->confusion);
}

double qp_label_metrics_f1(const qp_label_metrics *metrics)
{
    return 100 *
           (metrics->entities ? qp_entity_micro(&metrics->entity).f : qp_class_scores_macro(&metrics->confusion, 1).f);
}

static double accuracy(const qp_label_metrics *m) { return qp_label_metrics_accuracy(m); }
static double precision(const qp_label_metrics *m) { return 100 * qp_class_scores_macro(&m->confusion, 1).precision; }
static double recall(const qp_label_metrics *m) { return 100 * qp_class_scores_macro(&m->confusion, 1).recall; }
static double macro(const qp_label_metrics *m) { return 100 * qp_class_scores_macro(&m->confusion, 1).f; }
static double micro(const qp_label_metrics *m) { return 100 * qp_class_scores_micro(&m->confusion).f; }
static double weighted(const qp_label_metrics *m) { return 100 * qp_class_scores_weighted(&m->confusion, 1).f; }
static double balanced(const qp_label_metrics *m) { return 100 * qp_class_balanced_accuracy(&m->confusion); }
static double matthews(const qp_label_metrics *m) { return 100 * qp_class_matthews(&m->confusion); }
static double kappa(const qp_label_metrics *m) { return 100 * qp_class_kappa(&m->confusion); }
static double entity_precision(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).precision; }
static double entity_recall(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).recall; }
static double entity_f1(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).f; }

/* A figure, or a table (value NULL). */
static const struct {
    const char *name;
    double (*value)(const qp_label_metrics *);
    bool of_entities;
    const char *what;
} figures[] = {
    {"accuracy", accuracy, false, "answers that are right"},
    {"f1", macro, false, "mean over the classes"},
    {"precision", precision, false, "mean over the classes"},
    {"recall", recall, false, "mean over the classes"},
    {"micro-f1", micro, false, "over all answers"},
    {"weighted-f1", weighted, false, "mean over the classes, by how often they occur"},
    {"balanced-accuracy", balanced, false, "mean recall of the classes that occur"},
    {"matthews", matthews, false, "correlation"},
    {"kappa", kappa, false, "agreement beyond chance"},
    {"entity-precision", entity_precision, true, "entities, type and both ends"},
    {"entity-recall", entity_recall, true, "entities, type and both ends"},
    {"entity-f1", entity_f1, true, "entities, type and both ends"},
    {"report", NULL, false, NULL},
    {"confusion", NULL, false, NULL},
};
enum { FIGURES = sizeof figures / sizeof *figures };

/* Is `name` a word of the list? */
qp_status qp_label_metrics_check(const char *names)
{
    const char *known[FIGURES];
    for (int i = 0; i < FIGURES; i++) known[i] = figures[i].name;
    return qp_metric_names_check(names, known, FIGURES, "labels",
                                 "accuracy, f1, precision, recall, entity-f1, report, confusion");
}

static const char *class_name(const qp_label_metrics *m, int label)
{
    return label < m->labels->count ? m->labels->text[label] : unseen_name;
}

static int64_t counted(const qp_label_metrics *m, int truth, int predicted)
{
    return m->confusion.count[(size_t)truth * (size_t)m->confusion.classes + (size_t)predicted];
}

/* ---- tables ---- */

static void print_row(const char *name, qp_class_scores s, int64_t support)
{
    printf("  %-24s %9.2f %9.2f %9.2f %9lld\n", name, 100 * s.precision, 100 * s.recall, 100 * s.f, (long long)support);
}

static void print_report(const qp_label_metrics *m)
{
    printf("  %-24s %9s %9s %9s %9s\n", "label", "precision", "recall", "f1", "count");
    for (int i = 0; i < m->confusion.classes; i++) {
        int64_t support;
        qp_class_scores s = qp_class_scores_of(&m->confusion, i, 1, &support);
        if (support > 0 || s.precision > 0 || i < m->labels->count) print_row(class_name(m, i), s, support);
    }
    for (int i = 0; m->entities && i < m->entity.types; i++)
        print_row(m->entity.type[i].type, qp_entity_scores_of(&m->entity.type[i]), m->entity.type[i].truth);
}

static void print_confusion(const qp_label_metrics *m)
{
    puts("  truth TAB prediction TAB count");
    for (int t = 0; t < m->confusion.classes; t++)
        for (int p = 0; p < m->confusion.classes; p++)
            if (counted(m, t, p))
                printf("  %s\t%s\t%lld\n", class_name(m, t), class_name(m, p), (long long)counted(m, t, p));
}

static json_t *json_scores(qp_class_scores s, int64_t support)
{
    return json_pack("{s:f, s:f, s:f, s:I}", "precision", 100 * s.precision, "recall", 100 * s.recall, "f1", 100 * s.f,
                     "count", (json_int_t)support);
}

static json_t *json_report(const qp_label_metrics *m)
{
    json_t *object = json_object();
    for (int i = 0; i < m->confusion.classes; i++) {
        int64_t support;
        qp_class_scores s = qp_class_scores_of(&m->confusion, i, 1, &support);
        if (support > 0 || i < m->labels->count) json_object_set_new(object, class_name(m, i), json_scores(s, support));
    }
    return object;
}

static json_t *json_confusion(const qp_label_metrics *m)
{
    json_t *labels = json_array(), *rows = json_array();
    for (int t = 0; t < m->confusion.classes; t++) {
        json_t *row = json_array();
        json_array_append_new(labels, json_string(class_name(m, t)));
        for (int p = 0; p < m->confusion.classes; p++) json_array_append_new(row, json_integer(counted(m, t, p)));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:o, s:o}", "labels", labels, "count", rows);
}

static void print_json(const qp_label_metrics *m, const char *names)
{
    json_t *root = json_object();
    for (int i = 0; i < FIGURES; i++) {
        if (!qp_metric_listed(names, figures[i].name)) continue;
        json_t *value = figures[i].value                         ? json_pack("{s:f}", "score", figures[i].value(m))
                        : strcmp(figures[i].name, "report") == 0 ? json_report(m)
                                                                 : json_confusion(m);
        json_object_set_new(root, figures[i].name, value);
    }
    json_object_set_new(root, "unseen", json_integer(m->unseen));
    qp_json_line(stdout, root);
}

qp_status qp_label_metrics_print(const qp_label_metrics *m, const char *names, bool json)
{
    for (int i = 0; i < FIGURES; i++)
        if (figures[i].of_entities && !m->entities && qp_metric_listed(names, figures[i].name))
            return qp_fail(QP_EUSAGE,
                           "evaluate: %s: the labels of this model mean no entities (B-..., I-..., O); use f1",
                           figures[i].name);
    if (json) {
        print_json(m, names);
        return QP_OK;
    }
    for (int i = 0; i < FIGURES; i++) {
        if (!qp_metric_listed(names, figures[i].name)) continue;
        if (figures[i].value)
            printf("%-18s%6.2f  %s\n", figures[i].name, figures[i].value(m), figures[i].what);
        else if (strcmp(figures[i].name, "report") == 0)
            print_report(m);
        else
            print_confusion(m);
    }
    if (m->unseen)
        printf("%lld answers are labels that training did not have; they count as wrong\n", (long long)m->unseen);
    return QP_OK;
}
