#include "lib/package/label_metrics.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Three labels, one more that training did not have. */
Test(label_metrics, classes_by_hand)
{
    qp_labels labels = {0};
    qp_label_metrics m;
    cr_assert_eq(qp_labels_parse("[\"a\",\"B-b\",\"c\"]", &labels), QP_OK);
    cr_assert_eq(qp_label_metrics_init(&labels, true, &m), QP_OK);
    cr_expect(!m.entities && m.unseen == 0, "a and c are no tags of entities");
    cr_expect_eq(qp_label_metrics_accuracy(&m), 0);
    cr_assert_eq(qp_label_metrics_add(&m, (int32_t[]){0, 1}, (int32_t[]){0, 2}, 2), QP_OK);
    cr_assert_eq(qp_label_metrics_add(&m, NULL, NULL, 0), QP_OK);
    cr_assert_eq(qp_label_metrics_add(&m, (int32_t[]){2, -1}, (int32_t[]){2, 1}, 2), QP_OK);
    cr_expect_eq(m.unseen, 1);
    cr_expect_float_eq(qp_label_metrics_accuracy(&m), 50, 1e-12);
    cr_expect_float_eq(qp_label_metrics_f1(&m), 100 * (1 + 0 + 2 / 3.0 + 0) / 4, 1e-12);
    qp_label_metrics_free(&m);
    qp_labels_free(&labels);
}

/* Of two true entities one is found, and one of the two that are found is right. */
Test(label_metrics, entities_by_hand)
{
    static const int32_t truth[] = {1, 2, 0, -1}, predicted[] = {1, 2, 0, 1};
    qp_labels labels = {0};
    qp_label_metrics m;
    cr_assert_eq(qp_labels_parse("[\"O\",\"B-X\",\"I-X\"]", &labels), QP_OK);
    for (int tags = 0; tags < 2; tags++) {
        cr_assert_eq(qp_label_metrics_init(&labels, tags, &m), QP_OK);
        cr_expect_eq(m.entities, tags);
        cr_assert_eq(qp_label_metrics_add(&m, truth, predicted, 4), QP_OK);
        cr_assert_eq(qp_label_metrics_add(&m, truth, predicted, 0), QP_OK);
        cr_expect_float_eq(qp_label_metrics_accuracy(&m), 75, 1e-12);
        double classes = (1 + 2 / 3.0 + 1 + 0) / 4;
        cr_expect_float_eq(qp_label_metrics_f1(&m), 100 * (tags ? 0.5 : classes), 1e-12);
        qp_label_metrics_free(&m);
    }
    qp_labels_free(&labels);
}

/* ---- the answers of a model ---- */

enum { FEATURES = 8, LABELS = 3, TEXTS = 5, BATCHES = 3 };

/* A text of the feature f has the scores E[f]: a bag without bias, each feature with the weight 1. */
static qp_model *bag(bool sets, const qp_real score[FEATURES][LABELS])
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_CLASSIFY;
    config.encoder = QP_KIND_BAG;
    config.decoder = QP_KIND_NONE;
    config.src_vocab_size = FEATURES;
    config.labels = LABELS;
    config.multi_label = sets;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_OK, "%s", qp_error_message());
    qp_params *params = qp_model_params(model);
    qp_real *weight = qp_params_value(params, qp_params_find(params, "encoder.feature_weight"));
    qp_real *table = qp_params_value(params, qp_params_find(params, "src_embed.weight"));
    for (int f = 0; f < FEATURES; f++) weight[f] = 1;
    for (int i = 0; i < FEATURES * LABELS; i++) table[i] = score[i / LABELS][i % LABELS];
    return model;
}

/* Texts of one feature each, in batches of 2, 1 and 2. */
typedef struct {
    const int32_t *feature, *answer;
    int32_t source[TEXTS + 1];
} texts;

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    (void)self;
    cr_assert_eq(epoch, 0);
    *count = BATCHES;
    return QP_OK;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    static const int first[] = {0, 2, 3, 5};
    texts *t = self;
    cr_assert(slot == 0 && number >= 0 && number < BATCHES);
    for (int i = 0; i <= TEXTS; i++) t->source[i] = i;
    int count = first[number + 1] - first[number];
    *batch = (qp_batch){.source = {{.count = count, .start = t->source}, t->feature + first[number]},
                        .target = {{.count = count, .start = t->source}, t->answer + first[number]}};
    return QP_OK;
}

/* Predicted are 0, 1, 2, 0, 1. */
Test(label_metrics, the_labels_of_a_model)
{
    static const qp_real score[FEATURES][LABELS] = {[4] = {1, 0, 0}, [5] = {0, 1, 0}, [6] = {0, 0, 1}};
    static const int32_t feature[] = {4, 5, 6, 4, 5}, answer[] = {0, 1, 1, -1, 1};
    texts t = {feature, answer, {0}};
    qp_batch_source source = {.self = &t, .begin = begin, .get = get};
    qp_labels labels = {0};
    qp_model *model = bag(false, score);
    cr_assert_eq(qp_labels_parse("[\"a\",\"b\",\"c\"]", &labels), QP_OK);
    for (int threads = 1; threads < 3; threads++) {
        qp_label_metrics m;
        cr_assert_eq(qp_label_metrics_init(&labels, false, &m), QP_OK);
        cr_assert_eq(qp_label_metrics_measure(model, &source, threads, NULL, &m), QP_OK, "%s", qp_error_message());
        cr_expect_eq(m.unseen, 1);
        cr_expect_float_eq(qp_label_metrics_accuracy(&m), 60, 1e-12);
        cr_expect_float_eq(qp_label_metrics_f1(&m), 100 * (2 / 3.0 + 0.8) / 4, 1e-12);
        qp_label_metrics_free(&m);
    }
    qp_model_free(model);
    qp_labels_free(&labels);
}

/* Sets {0}, {1, 2}, {}, and {0} with a label that training did not have: the last is not wholly right. */
Test(label_metrics, the_sets_of_a_model)
{
    static const qp_real score[FEATURES][LABELS] = {[4] = {1, -1, -1}, [5] = {-1, 1, 1}, [6] = {-1, -1, -1}};
    static const int32_t feature[] = {4, 5, 6, 4, 4}, answer[] = {0, 1, 2, 3, 0};
    static int32_t label[] = {0, 1, 2, -1, 0};
    static int64_t start[] = {0, 1, 3, 3, 5};
    const qp_label_sets sets = {.count = 4, .start = start, .label = label};
    texts t = {feature, answer, {0}};
    qp_batch_source source = {.self = &t, .begin = begin, .get = get};
    qp_labels labels = {0};
    qp_label_metrics m;
    qp_model *model = bag(true, score);
    cr_assert_eq(qp_labels_parse("[\"a\",\"b\",\"c\"]", &labels), QP_OK);
    cr_assert_eq(qp_label_metrics_init_sets(&labels, &sets, &m), QP_OK);
    cr_assert_eq(qp_label_metrics_measure(model, &source, 1, NULL, &m), QP_OK, "%s", qp_error_message());
    cr_expect_eq(m.unseen, 1);
    cr_expect_float_eq(qp_label_metrics_accuracy(&m), 80, 1e-12);
    cr_expect_float_eq(qp_label_metrics_f1(&m), 75, 1e-12);
    qp_label_metrics_free(&m);
    qp_model_free(model);
    qp_labels_free(&labels);
}
