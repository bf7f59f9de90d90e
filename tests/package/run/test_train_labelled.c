#include "lib/run/train_labelled.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/model/encoder_bag.h"

enum { FEATURES = 6, LABELS = 3, TEXTS = 5 };

static qp_model *bag_model(void)
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_CLASSIFY;
    config.encoder = QP_KIND_BAG;
    config.decoder = QP_KIND_NONE;
    config.src_vocab_size = FEATURES;
    config.labels = LABELS;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_OK, "%s", qp_error_message());
    return model;
}

/* w of a feature in 2 of 3 texts, both of label 0, and of one in every text: by hand. */
Test(train_labelled, weights_of_features_by_hand)
{
    qp_model *model = bag_model();
    for (int even = 0; even < 2; even++) {
        qp_bag_counts counts;
        cr_assert_eq(qp_bag_counts_init(&counts, FEATURES, LABELS), QP_OK);
        counts.even_words = even;
        counts.answers = 3;
        qp_bag_counts_add(&counts, 0, (int32_t[]){4, 5}, 2);
        qp_bag_counts_add(&counts, 0, (int32_t[]){4, 5}, 2);
        qp_bag_counts_add(&counts, 1, (int32_t[]){5}, 1);
        cr_assert_eq(qp_bag_counts_apply(&counts, model), QP_OK);
        qp_bag_counts_free(&counts);
        const qp_real *w =
            qp_params_value(qp_model_params(model), qp_params_find(qp_model_params(model), "encoder.feature_weight"));
        /* |p| of the labels: 6 features, 1 each, and 4, 1, 0 counted; q of label 0: 1 and 1 counted of label 1 */
        double four = fabs(log(3. / 10) - log(1. / 7)), five = fabs(log(1. / 6) - log(4. / 11));
        double five_1 = fabs(log(2. / 7) - log(3. / 10)), five_0 = fabs(log(3. / 10) - log(2. / 7));
        five = fmax(five, fmax(five_0, five_1));
        double four_2 = fabs(log(1. / 6) - log(3. / 11)), four_1 = fabs(log(1. / 7) - log(3. / 10));
        four = fmax(four, fmax(four_1, four_2));
        cr_expect_float_eq(w[4], (even ? 2 : 1) * (1 + log(4. / 3)) * sqrt(four), 1e-5);
        cr_expect_float_eq(w[5], 1 * (1 + log(4. / 4)) * sqrt(five), 1e-5);
        cr_expect_eq(w[3], 0, "never seen");
    }
    qp_model_free(model);
}

/* Every text is counted once, under its own label. */
Test(train_labelled, features_are_weighed_by_all_texts)
{
    static int32_t id[] = {0, 1, 4, 2, 3, 0, 5, 1, 2}, label[TEXTS] = {2, 0, 1, 0, 1};
    static int64_t start[TEXTS + 1] = {0, 3, 4, 6, 8, 9}, each[TEXTS + 1] = {0, 1, 2, 3, 4, 5};
    qp_model *model = bag_model(), *expected = bag_model();
    qp_package package = {.model = model};
    const qp_train_data data = {
        .package = &package,
        .corpus[QP_TRAINING] = {.sequences = TEXTS, .source = {id, start}, .target = {label, each}, .answers = true}};
    cr_assert_eq(qp_classify_weigh(&data), QP_OK, "%s", qp_error_message());
    qp_bag_counts counts;
    cr_assert_eq(qp_bag_counts_init(&counts, FEATURES, LABELS), QP_OK);
    counts.answers = TEXTS;
    for (int i = TEXTS - 1; i >= 0; i--)
        qp_bag_counts_add(&counts, label[i], id + start[i], (int)(start[i + 1] - start[i]));
    cr_assert_eq(qp_bag_counts_apply(&counts, expected), QP_OK);
    int weight = qp_params_find(qp_model_params(model), "encoder.feature_weight");
    cr_assert_geq(weight, 0);
    for (int f = 0; f < FEATURES; f++)
        cr_expect_eq(qp_params_value(qp_model_params(model), weight)[f],
                     qp_params_value(qp_model_params(expected), weight)[f], "feature %d", f);
    qp_bag_counts_free(&counts);
    qp_model_free(model);
    qp_model_free(expected);
}
