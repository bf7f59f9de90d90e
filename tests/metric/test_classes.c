#include <criterion/criterion.h>

#include "lib/metric/classes.h"
#include "tests/metric/metric_cases.h"

Test(classes, a_matrix_by_hand)
{
    qp_confusion c;
    cr_assert_eq(qp_confusion_init(&c, 3), QP_OK);
    cr_assert_eq(qp_class_accuracy(&c), 0);
    cr_assert_eq(qp_class_matthews(&c), 0);
    cr_assert_eq(qp_class_kappa(&c), 0);
    const int truth[6] = {0, 0, 0, 1, 1, 0}, predicted[6] = {0, 0, 1, 1, 0, 0};
    for (int i = 0; i < 6; i++) cr_assert_eq(qp_confusion_add(&c, truth[i], predicted[i]), QP_OK);
    cr_assert_float_eq(qp_class_accuracy(&c), 4.0 / 6, 1e-12);
    cr_assert_float_eq(qp_class_balanced_accuracy(&c), (0.75 + 0.5) / 2, 1e-12, "class 2 never occurs");
    int64_t support;
    qp_class_scores s = qp_class_scores_of(&c, 1, 1, &support);
    cr_assert(s.precision == 0.5 && s.recall == 0.5 && s.f == 0.5 && support == 2);
    s = qp_class_scores_of(&c, 2, 1, &support);
    cr_assert(s.precision == 0 && s.recall == 0 && s.f == 0 && support == 0);
    cr_assert_float_eq(qp_class_scores_macro(&c, 1).recall, (0.75 + 0.5) / 2, 1e-12);
    cr_assert_eq(qp_confusion_add(&c, 2, 2), QP_OK);
    cr_assert_float_eq(qp_class_balanced_accuracy(&c), (0.75 + 0.5 + 1) / 3, 1e-12);
    cr_assert_eq(qp_confusion_add(&c, 3, 0), QP_EDATA);
    cr_assert_eq(qp_confusion_add(&c, 0, -1), QP_EDATA);
    qp_confusion_free(&c);
    cr_assert_eq(qp_confusion_init(&c, 0), QP_EUSAGE);
}

static json_t *averages(qp_class_scores one, qp_class_scores two)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "precision", one.precision, "recall", one.recall, "f1", one.f, "f2",
                     two.f);
}

static json_t *each_class(const qp_confusion *c, json_t *confusion)
{
    json_t *precision = json_array(), *recall = json_array(), *f1 = json_array(), *f2 = json_array(),
           *supports = json_array();
    for (int i = 0; i < c->classes; i++) {
        int64_t support;
        qp_class_scores one = qp_class_scores_of(c, i, 1, &support), two = qp_class_scores_of(c, i, 2, NULL);
        json_array_append_new(precision, json_real(one.precision));
        json_array_append_new(recall, json_real(one.recall));
        json_array_append_new(f1, json_real(one.f));
        json_array_append_new(f2, json_real(two.f));
        json_array_append_new(supports, json_integer(support));
        json_t *row = json_array();
        for (int j = 0; j < c->classes; j++) json_array_append_new(row, json_integer(c->count[i * c->classes + j]));
        json_array_append_new(confusion, row);
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "precision", precision, "recall", recall, "f1", f1, "f2", f2,
                     "support", supports);
}

static json_t *compute(const json_t *json)
{
    qp_confusion c;
    cr_assert_eq(qp_confusion_init(&c, case_int(json, "classes")), QP_OK);
    const json_t *truth = json_object_get(json, "true"), *predicted = json_object_get(json, "predicted");
    for (size_t i = 0; i < json_array_size(truth); i++)
        cr_assert_eq(qp_confusion_add(&c, (int)json_integer_value(json_array_get(truth, i)),
                                      (int)json_integer_value(json_array_get(predicted, i))),
                     QP_OK);
    json_t *confusion = json_array(), *each = each_class(&c, confusion);
    json_t *result = json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "accuracy", qp_class_accuracy(&c),
                               "balanced_accuracy", qp_class_balanced_accuracy(&c), "matthews", qp_class_matthews(&c),
                               "kappa", qp_class_kappa(&c), "confusion", confusion, "each", each, "micro",
                               averages(qp_class_scores_micro(&c), qp_class_scores_micro(&c)), "macro",
                               averages(qp_class_scores_macro(&c, 1), qp_class_scores_macro(&c, 2)), "weighted",
                               averages(qp_class_scores_weighted(&c, 1), qp_class_scores_weighted(&c, 2)));
    qp_confusion_free(&c);
    return result;
}

Test(classes, reference_cases) { run_cases("classification.json", "classification", compute); }
