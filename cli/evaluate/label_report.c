#include "cli/evaluate/label_report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/metric_names.h"

static const char unseen_name[] = "(unseen)";

static double accuracy(const qp_label_metrics *m) { return qp_label_metrics_accuracy(m); }

/* Means over the classes, of one label each or of sets. */
static qp_class_scores macro_scores(const qp_label_metrics *m)
{
    return m->sets ? qp_multi_label_macro(&m->multi) : qp_class_scores_macro(&m->confusion, 1);
}

static double precision(const qp_label_metrics *m) { return 100 * macro_scores(m).precision; }
static double recall(const qp_label_metrics *m) { return 100 * macro_scores(m).recall; }
static double macro(const qp_label_metrics *m) { return 100 * macro_scores(m).f; }
static double micro(const qp_label_metrics *m)
{
    return 100 * (m->sets ? qp_multi_label_micro(&m->multi).f : qp_class_scores_micro(&m->confusion).f);
}
static double weighted(const qp_label_metrics *m)
{
    return 100 * (m->sets ? qp_multi_label_weighted(&m->multi).f : qp_class_scores_weighted(&m->confusion, 1).f);
}
static double balanced(const qp_label_metrics *m) { return 100 * qp_class_balanced_accuracy(&m->confusion); }
static double matthews(const qp_label_metrics *m) { return 100 * qp_class_matthews(&m->confusion); }
static double kappa(const qp_label_metrics *m) { return 100 * qp_class_kappa(&m->confusion); }
static double entity_precision(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).precision; }
static double entity_recall(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).recall; }
static double entity_f1(const qp_label_metrics *m) { return 100 * qp_entity_micro(&m->entity).f; }

/* A number, or a table (value NULL). */
static const struct {
    const char *name;
    double (*value)(const qp_label_metrics *);
    bool of_entities;
    const char *what;
    const char *of_sets; /* what it is of texts with several labels; NULL: they have none */
} metric[] = {
    {"accuracy", accuracy, false, "answers that are right", "texts with exactly the right labels"},
    {"f1", macro, false, "mean over the classes", "mean over the labels"},
    {"precision", precision, false, "mean over the classes", "mean over the labels"},
    {"recall", recall, false, "mean over the classes", "mean over the labels"},
    {"micro-f1", micro, false, "over all answers", "over all labels of all texts"},
    {"weighted-f1", weighted, false, "mean over the classes, by how often they occur",
     "mean over the labels, by how often they occur"},
    {"balanced-accuracy", balanced, false, "mean recall of the classes that occur", NULL},
    {"matthews", matthews, false, "correlation", NULL},
    {"kappa", kappa, false, "agreement beyond chance", NULL},
    {"entity-precision", entity_precision, true, "entities, type and both ends", NULL},
    {"entity-recall", entity_recall, true, "entities, type and both ends", NULL},
    {"entity-f1", entity_f1, true, "entities, type and both ends", NULL},
    {"report", NULL, false, NULL, ""},
    {"confusion", NULL, false, NULL, NULL},
};
enum { METRICS = sizeof metric / sizeof *metric };

qp_status qp_label_report_check(const char *names)
{
    const char *known[METRICS];
    for (int i = 0; i < METRICS; i++) known[i] = metric[i].name;
    return qp_metric_names_check(names, known, METRICS, "labels",
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

/* The rows of the table of labels: the last one is of labels that training did not have. */
static int classes(const qp_label_metrics *m) { return m->sets ? m->labels->count + 1 : m->confusion.classes; }

static qp_class_scores scores_of(const qp_label_metrics *m, int label, int64_t *support)
{
    if (!m->sets) return qp_class_scores_of(&m->confusion, label, 1, support);
    const qp_label_tally *tally = &m->multi.tally[label];
    *support = tally->hit + tally->missed;
    return qp_multi_label_of(tally);
}

static void print_row(const char *name, qp_class_scores s, int64_t support)
{
    printf("  %-24s %9.2f %9.2f %9.2f %9lld\n", name, 100 * s.precision, 100 * s.recall, 100 * s.f, (long long)support);
}

static void print_report(const qp_label_metrics *m)
{
    printf("  %-24s %9s %9s %9s %9s\n", "label", "precision", "recall", "f1", "count");
    for (int i = 0; i < classes(m); i++) {
        int64_t support;
        qp_class_scores s = scores_of(m, i, &support);
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

static void put_report(const qp_label_metrics *m, qp_text_buffer *out)
{
    qp_json_open(out, '{');
    for (int i = 0; i < classes(m); i++) {
        int64_t support;
        qp_class_scores s = scores_of(m, i, &support);
        if (support <= 0 && i >= m->labels->count) continue;
        qp_json_key(out, class_name(m, i));
        qp_json_open(out, '{');
        qp_json_put_real(out, "precision", 100 * s.precision);
        qp_json_put_real(out, "recall", 100 * s.recall);
        qp_json_put_real(out, "f1", 100 * s.f);
        qp_json_put_integer(out, "count", support);
        qp_json_close(out, '}');
    }
    qp_json_close(out, '}');
}

static void put_confusion(const qp_label_metrics *m, qp_text_buffer *out)
{
    qp_json_open(out, '{');
    qp_json_key(out, "labels");
    qp_json_open(out, '[');
    for (int t = 0; t < m->confusion.classes; t++) qp_json_repaired(out, class_name(m, t), strlen(class_name(m, t)));
    qp_json_close(out, ']');
    qp_json_key(out, "count");
    qp_json_open(out, '[');
    for (int t = 0; t < m->confusion.classes; t++) {
        qp_json_open(out, '[');
        for (int p = 0; p < m->confusion.classes; p++) qp_json_integer(out, counted(m, t, p));
        qp_json_close(out, ']');
    }
    qp_json_close(out, ']');
    qp_json_close(out, '}');
}

static qp_status print_json(const qp_label_metrics *m, const char *names)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < METRICS; i++) {
        if (!qp_metric_listed(names, metric[i].name)) continue;
        qp_json_key(&out, metric[i].name);
        if (metric[i].value) {
            qp_json_open(&out, '{');
            qp_json_put_real(&out, "score", metric[i].value(m));
            qp_json_close(&out, '}');
        } else if (strcmp(metric[i].name, "report") == 0) {
            put_report(m, &out);
        } else {
            put_confusion(m, &out);
        }
    }
    qp_json_put_integer(&out, "unseen", m->unseen);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

qp_status qp_label_report_print(const qp_label_metrics *m, const char *names, bool json)
{
    for (int i = 0; i < METRICS; i++)
        if (metric[i].of_entities && !m->entities && qp_metric_listed(names, metric[i].name))
            return qp_fail(QP_EUSAGE,
                           "evaluate: %s: the labels of this model are not entities (B-..., I-..., O); use f1",
                           metric[i].name);
    for (int i = 0; i < METRICS; i++)
        if (m->sets && !metric[i].of_sets && qp_metric_listed(names, metric[i].name))
            return qp_fail(QP_EUSAGE, "evaluate: %s: not of texts with several labels; use f1, micro-f1 or report",
                           metric[i].name);
    if (json) return print_json(m, names);
    for (int i = 0; i < METRICS; i++) {
        if (!qp_metric_listed(names, metric[i].name)) continue;
        if (metric[i].value)
            printf("%-18s%6.2f  %s\n", metric[i].name, metric[i].value(m),
                   m->sets ? metric[i].of_sets : metric[i].what);
        else if (strcmp(metric[i].name, "report") == 0)
            print_report(m);
        else
            print_confusion(m);
    }
    if (m->unseen)
        printf("%lld answers are labels that training did not have; they count as wrong\n", (long long)m->unseen);
    return QP_OK;
}
