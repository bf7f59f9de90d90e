#include "lib/run/class_weights.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/model/model_internal.h"
#include "tests/package/run/small_run.h"

TestSuite(class_weights, .init = small_run_folder, .fini = small_run_clean);

static qp_labels labels;

static void begin(void)
{
    int number;
    static const char *const text[] = {"ham", "spam", "a:b"};
    for (int i = 0; i < 3; i++) cr_assert_eq(qp_labels_add(&labels, text[i], strlen(text[i]), &number), QP_OK);
}

Test(class_weights, lists)
{
    qp_real weight[3];
    begin();
    cr_assert_eq(qp_class_weights_parse("spam:2.5,a:b:0.5", &labels, weight), QP_OK, "%s", qp_error_message());
    cr_expect(weight[0] == 1 && weight[1] == (qp_real)2.5 && weight[2] == (qp_real)0.5);
    static const char *const wrong[][2] = {
        {"spam", "not balanced"},      {"eggs:1", "no such label"},      {"spam:0", "no number above 0"},
        {"spam:x", "no number above"}, {"spam:", "no number above"},     {"spam:-1", "no number above"},
        {"spam:1,,", "not balanced"},  {"spam:1,spam:2", "named twice"}, {"spam:inf", "no number above"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(qp_class_weights_parse(wrong[i][0], &labels, weight), QP_EUSAGE, "%s", wrong[i][0]);
        cr_expect(strstr(qp_error_message(), wrong[i][1]), "%s", qp_error_message());
    }
    qp_labels_free(&labels);
}

Test(class_weights, balanced_as_scikit_learn)
{
    qp_real weight[3];
    static const int64_t count[] = {6, 3, 1};
    qp_class_weights_balance(count, 3, weight);
    cr_expect_float_eq(weight[0], 10 / 18.0, 1e-6);
    cr_expect_float_eq(weight[1], 10 / 9.0, 1e-6);
    cr_expect_float_eq(weight[2], 10 / 3.0, 1e-6);
}

/* A training weighs its labels as the option says, those of texts, tags and images. */
Test(class_weights, weights_of_a_training)
{
    static const struct {
        const char *task, *text, *list;
        double weight[2]; /* 0: no weights */
    } row[] = {{"classify", "x\ta\ny\tb\ny\tc\n", "", {0, 0}},
               {"classify", "x\ta\ny\tb\ny\tc\n", "y:3", {1, 3}},
               {"classify", "x\ta\ny\tb\ny\tc\n", "balanced", {1.5, 0.75}},
               {"tag", "a\tx\nb\ty\n\nc\ty\n\n", "balanced", {1.5, 0.75}},
               {"tag", "a\tx\nb\ty\n\nc\ty\n\n", "x:2,y:5", {2, 5}},
               {"images", "y,p1,p2,p3,p4\nx,1,2,3,4\ny,1,2,3,4\ny,2,3,4,5\n", "balanced", {1.5, 0.75}}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bool images = strcmp(row[i].task, "images") == 0;
        const char *const option[] = {"task",          images ? "classify" : row[i].task,
                                      "decoder",       "none",
                                      "train",         "t.csv",
                                      "valid",         "none",
                                      "class_weights", row[i].list,
                                      "column",        images ? "y" : "",
                                      SMALL,           NULL};
        qp_train_run run;
        put("t.csv", row[i].text);
        small_run_prepare(&run, option);
        const qp_real *weight = run.data.package->model->class_weight;
        cr_assert_eq(weight != NULL, row[i].weight[0] > 0, "row %zu", i);
        for (int c = 0; weight && c < 2; c++) cr_expect_float_eq(weight[c], row[i].weight[c], 1e-6, "row %zu", i);
        qp_train_run_free(&run);
    }
}

/* Losses of whole sentences, of several labels and of mixed texts have no weights of labels. */
Test(class_weights, losses_without_weights)
{
    static const char *const other[][4] = {{"tag", "crf", "true", "--crf whole sentences"},
                                           {"classify", "multi_label", "true", "leave --multi-label out"},
                                           {"classify", "mixup", "0.1", "without --mixup"},
                                           {"classify", "loss", "focal", "need --loss cross-entropy"},
                                           {"classify", "loss", "cross-entropy", NULL}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        const char *const option[] = {"task", other[i][0],     "decoder",  "none",      "train",     "t",   "valid",
                                      "none", "class_weights", "balanced", other[i][1], other[i][2], SMALL, NULL};
        qp_train_run run;
        put("t", i ? "x\ta\ny\tb\n" : "a\tx\nb\ty\n\n");
        cr_expect_eq(small_run_try(&run, option), other[i][3] ? QP_EUSAGE : QP_OK, "row %zu", i);
        if (other[i][3]) cr_expect(strstr(qp_error_message(), other[i][3]), "%s", qp_error_message());
        qp_train_run_free(&run);
    }
}
