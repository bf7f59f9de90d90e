#include <criterion/criterion.h>
#include <math.h>

#include "lib/metric/multi_label.h"

/* Truth and prediction of eight texts and four labels; the last label never occurs. */
static const int truth[8][4] = {{0, 0, 1}, {0, 0, 1}, {1, 0, 1}, {0, 1, 0}, {1, 0, 1}, {1, 0, 0}, {0, 0, 1}, {1, 0, 0}};
static const int found[8][4] = {{1, 1, 1}, {0, 0, 1}, {1, 0, 1}, {0, 0, 0}, {1, 0, 1}, {1, 0, 0}, {1, 1, 1}, {1, 0, 0}};

static void add(qp_multi_label *m, int text)
{
    int32_t set[4];
    qp_real score[4];
    int64_t count = 0;
    for (int c = 0; c < 4; c++) {
        if (truth[text][c]) set[count++] = c;
        score[c] = (qp_real)(found[text][c] ? 0.25 : c ? -3 : 0); /* a score of 0 is no label */
    }
    qp_multi_label_add(m, set, count, score);
}

static void expect(qp_class_scores s, double precision, double recall, double f)
{
    cr_expect(fabs(s.precision - precision) < 1e-12 && fabs(s.recall - recall) < 1e-12 && fabs(s.f - f) < 1e-12,
              "%g %g %g", s.precision, s.recall, s.f);
}

/* The figures of scikit-learn's precision_recall_fscore_support over the labels that occur. */
Test(multi_label, as_scikit_learn)
{
    qp_multi_label m;
    cr_assert_eq(qp_multi_label_init(&m, 4), QP_OK);
    for (int i = 0; i < 8; i++) add(&m, i);
    expect(qp_multi_label_macro(&m), 0.5555555555555555, 0.6666666666666666, 0.6);
    expect(qp_multi_label_micro(&m), 0.6923076923076923, 0.9, 0.782608695652174);
    expect(qp_multi_label_weighted(&m), 0.7666666666666666, 0.9, 0.82);
    expect(qp_multi_label_of(&m.tally[0]), 2 / 3.0, 1, 0.8);
    cr_expect_eq(qp_multi_label_exact(&m), 5 / 8.0);
    qp_multi_label_free(&m);
}

Test(multi_label, labels_that_training_did_not_have_are_missed)
{
    qp_multi_label m;
    cr_assert_eq(qp_multi_label_init(&m, 2), QP_OK);
    qp_multi_label_add(&m, (int32_t[]){-1, -1, 1}, 3, (qp_real[]){-1, 1});
    expect(qp_multi_label_micro(&m), 1, 1 / 3.0, 0.5);
    expect(qp_multi_label_macro(&m), 0.5, 0.5, 0.5);
    cr_expect_eq(qp_multi_label_exact(&m), 0);
    qp_multi_label_free(&m);
}

Test(multi_label, empty_sets)
{
    qp_multi_label m;
    cr_assert_eq(qp_multi_label_init(&m, 2), QP_OK);
    expect(qp_multi_label_micro(&m), 0, 0, 0);
    cr_expect_eq(qp_multi_label_exact(&m), 0);
    qp_multi_label_add(&m, NULL, 0, (qp_real[]){-1, -1});
    cr_expect_eq(qp_multi_label_exact(&m), 1);
    qp_multi_label_free(&m);
}
