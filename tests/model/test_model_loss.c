#include "lib/model/model_loss.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/model_check.h"

/* Losses by name: the formula of each, what it learns, what it refuses. */

enum { LABELS = 4, HORIZON = 3, FEATURES = 2, SERIES = 5 };

typedef struct {
    model_pairs pairs;
    qp_batch batch;
    int32_t start[MODEL_SENTENCES + 1], id[MODEL_SENTENCES];
    qp_real source_value[MODEL_SENTENCES * MODEL_LONGEST * FEATURES], target_value[MODEL_SENTENCES * HORIZON];
} answers;

/* The label of a text follows from its first symbol. */
static const qp_batch *classes(answers *a, int count)
{
    qp_batch pairs = model_reversed_pairs(&a->pairs, count, 5);
    for (int i = 0; i <= count; i++) a->start[i] = i;
    for (int i = 0; i < count; i++) a->id[i] = a->pairs.source_id[a->pairs.source_start[i]] % LABELS;
    a->batch = (qp_batch){.source = pairs.source, .target = {{count, a->start, NULL}, a->id}};
    return &a->batch;
}

static const qp_batch *numbers(answers *a)
{
    classes(a, SERIES);
    for (int i = 0; i < FEATURES * a->pairs.source_start[SERIES]; i++) a->source_value[i] = (qp_real)sin(i + 1);
    for (int i = 0; i < HORIZON * SERIES; i++) a->target_value[i] = (qp_real)(2 * cos(i));
    a->batch.source.id = a->batch.target.id = NULL;
    a->batch.source_value = a->source_value;
    a->batch.target_value = a->target_value;
    a->batch.features = FEATURES;
    a->batch.outputs = HORIZON;
    return &a->batch;
}

/* The loss of a regress model by name: the formula of each. */
Test(test_model_loss, losses_of_numbers_are_means_over_the_columns)
{
    static const char *const option[] = {"loss=mse", "loss=mae", "loss=huber", "loss=log-cosh", "loss=auto"};
    answers a;
    const qp_batch *batch = numbers(&a);
    for (int kind = 0; kind < 5; kind++) {
        const char *const setting[] = {"task=regress", "decoder=none", "encoder=gru",
                                       "features=2",   "horizon=3",    option[kind]};
        qp_model *model = model_small(setting, 6);
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor y = qp_model_logits(model, tape, batch, NULL), loss = qp_model_loss(model, tape, batch, 0);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        double sum = 0;
        for (int i = 0; i < 5 * HORIZON; i++) {
            double d = fabs((double)y.value[i] - (double)a.target_value[i]);
            const double value[] = {d * d, d, d <= 1 ? d * d / 2 : d - 0.5, log(cosh(d)), d * d};
            sum += value[kind];
        }
        cr_expect_float_eq((double)loss.value[0], sum / HORIZON, 1e-5, "%s", option[kind]);
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

/* One block of columns a quantile; the loss is the mean over all columns. */
Test(test_model_loss, quantiles_have_blocks_of_columns)
{
    static const double quantile[] = {0.2, 0.9};
    static const char *const setting[] = {"task=regress", "decoder=none",  "encoder=gru",      "features=2",
                                          "horizon=3",    "loss=quantile", "quantiles=0.2,0.9"};
    answers a;
    const qp_batch *batch = numbers(&a);
    qp_model *model = model_small(setting, 7);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor y = qp_model_logits(model, tape, batch, NULL), loss = qp_model_loss(model, tape, batch, 0);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    cr_assert_eq(y.columns, 2 * HORIZON);
    double sum = 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2 * HORIZON; k++) {
            double q = quantile[k / HORIZON];
            double d = (double)a.target_value[HORIZON * i + k % HORIZON] - (double)qp_tensor_row(y, i)[k];
            sum += d > 0 ? q * d : (q - 1) * d;
        }
    cr_expect_float_eq((double)loss.value[0], sum / (2 * HORIZON), 1e-5);
    qp_tape_free(tape);
    qp_model_free(model);
}

/* Row r's loss by the textbook, p the probabilities, y the label. */
static double by_name(int kind, const qp_real *x, const double *p, double log_sum, int y)
{
    double hinge = 0, entropy = 0;
    for (int c = 0; c < LABELS; c++) {
        if (c != y) hinge += fmax(0, 1 - (double)x[y] + (double)x[c]) / LABELS;
        entropy -= p[c] * log(p[c]);
    }
    switch (kind) {
    case 0: return -pow(1 - p[y], 2) * log(p[y]);
    case 1: return -pow(1 - p[y], 0.5) * log(p[y]);
    case 2: return hinge;
    case 3: return -log(p[y]) + 1 - p[y];
    case 4: return -log(p[y]) + 1e-4 * log_sum * log_sum;
    case 5: return -log(p[y]) + 0.3 * log_sum * log_sum;
    case 7: return -log(p[y]) - 0.1 * entropy;
    default: return -log(p[y]);
    }
}

/* While training; validation measures cross-entropy. */
Test(test_model_loss, losses_of_classes_have_names)
{
    static const char *const option[][2] = {
        {"loss=focal"},  {"loss=focal", "focal_gamma=0.5"},  {"loss=hinge"},         {"loss=poly1"},
        {"loss=z-loss"}, {"loss=z-loss", "loss_weight=0.3"}, {"loss=cross-entropy"}, {"loss=confidence-penalty"},
        {"loss=auto"}};
    answers a;
    const qp_batch *batch = classes(&a, 6);
    qp_tape *tape = qp_tape_new();
    for (int kind = 0; kind < (int)(sizeof option / sizeof *option); kind++) {
        const char *const setting[] = {"task=classify", "decoder=none",  "encoder=gru",
                                       "labels=4",      option[kind][0], option[kind][1]};
        qp_model *model = model_small(setting, 6);
        double sum[2] = {0};
        for (int training = 0; training < 2; training++) {
            qp_tape_begin(tape, training ? QP_TRAIN : QP_INFER, 1);
            qp_tensor x = qp_model_logits(model, tape, batch, NULL);
            for (int r = 0; r < 6; r++) {
                double p[LABELS], all = 0;
                const qp_real *row = qp_tensor_row(x, r);
                for (int c = 0; c < LABELS; c++) all += p[c] = exp((double)row[c]);
                for (int c = 0; c < LABELS; c++) p[c] /= all;
                sum[training] += by_name(training ? kind : -1, row, p, log(all), a.id[r]);
            }
            qp_tensor loss = qp_model_loss(model, tape, batch, 0);
            cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
            cr_expect_float_eq((double)loss.value[0], sum[training], 1e-4, "%s, training %d", option[kind][0],
                               training);
        }
        qp_model_free(model);
    }
    qp_tape_free(tape);
}

/* -log p_y - sum of log(1 - p_c) over the different words c before y, without y. */
Test(test_model_loss, unlikelihood_is_against_the_words_before)
{
    static const char *const setting[] = {"encoder=gru", "decoder=gru", "loss=unlikelihood", "loss_weight=0.7"};
    static const int32_t target_start[] = {0, 5, 7};
    static const int32_t source[] = {5, 6}, two[] = {0, 1, 2}, target[] = {5, 6, 5, 5, QP_EOS, 7, QP_EOS};
    qp_model *model = model_small(setting, 4);
    qp_tape *tape = qp_tape_new();
    qp_batch batch = {.source = {{.count = 2, .start = two}, source},
                      .target = {{.count = 2, .start = target_start}, target}};
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = qp_model_logits(model, tape, &batch, NULL);
    double sum = 0;
    for (int r = 0; r < 7; r++) {
        double all = 0;
        const qp_real *row = qp_tensor_row(x, r);
        bool before[MODEL_VOCABULARY] = {false};
        for (int i = r < 5 ? 0 : 5; i < r; i++) before[target[i]] = true;
        for (int c = 0; c < MODEL_VOCABULARY; c++) all += exp((double)row[c]);
        sum -= (double)row[target[r]] - log(all);
        for (int c = 0; c < MODEL_VOCABULARY; c++)
            if (before[c] && c != target[r]) sum -= 0.7 * log(1 - exp((double)row[c]) / all);
    }
    qp_tensor loss = qp_model_loss(model, tape, &batch, 0);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    cr_expect_float_eq((double)loss.value[0], sum, 1e-4);
    qp_tape_free(tape);
    qp_model_free(model);
}

/* Classifiers learn by every loss, encoders with highway connections learn. */
Test(test_model_loss, losses_and_highways_are_learned)
{
    static const char *const option[][3] = {{"encoder=gru", "loss=focal"},
                                            {"encoder=gru", "loss=hinge"},
                                            {"encoder=gru", "loss=poly1"},
                                            {"encoder=lstm", "highway=true"},
                                            {"encoder=gru", "highway=true", "bidirectional=true"},
                                            {"encoder=conv", "highway=true"},
                                            {"encoder=text-cnn", "highway=true"}};
    answers a;
    const qp_batch *batch = classes(&a, 12);
    for (size_t i = 0; i < sizeof option / sizeof *option; i++) {
        const char *const setting[] = {"task=classify", "decoder=none", "labels=4",
                                       option[i][0],    option[i][1],   option[i][2]};
        qp_model *model = model_small(setting, 6);
        double loss = model_train(model, batch, 150, 0.01);
        cr_expect_lt(loss, 0.1, "%s %s: loss %g", option[i][0], option[i][1], loss);
        qp_model_free(model);
    }
}

/* Options that do not fit together, and the way out. */
Test(test_model_loss, losses_that_do_not_fit_are_refused)
{
    static const char *const wrong[][4] = {
        {"task=classify", "loss=mse", "--task regress"},
        {"task=regress", "loss=focal", "--loss mse"},
        {"task=regress", "loss=quantile", "ascending", "quantiles=0.5,0.1"},
        {"task=regress", "loss=quantile", "ascending", "quantiles=0.5,1"},
        {"task=regress", "loss=quantile", "ascending", "quantiles=0.5;0.6"},
        {"task=classify", "loss=focal", "--mixup", "mixup=0.2"},
        {"task=tag", "loss=focal", "--crf", "crf=true"},
        {"task=classify", "loss=unlikelihood", "--task lm"},
        {"task=classify", "encoder=transformer", "--highway", "highway=true"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        qp_model_config config;
        qp_config_defaults(&qp_model_fields, &config);
        config.encoder = QP_KIND_GRU;
        config.decoder = QP_KIND_NONE;
        for (int k = 0; k < 4; k++) {
            char key[40];
            const char *equals = k == 2 || !wrong[i][k] ? NULL : strchr(wrong[i][k], '=');
            if (!equals) continue;
            snprintf(key, sizeof key, "%.*s", (int)(equals - wrong[i][k]), wrong[i][k]);
            cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), &config, "test", equals + 1), QP_OK);
        }
        cr_expect_eq(qp_model_config_check(&config), QP_EUSAGE, "%s %s", wrong[i][1], wrong[i][2]);
        cr_expect(strstr(qp_error_message(), wrong[i][2]), "%s: %s", wrong[i][1], qp_error_message());
    }
}

/* A row of label y counts weight[y] times in training, once in validation. */
Test(test_model_loss, class_weights_count_in_training_alone)
{
    static const char *const setting[] = {"task=classify", "decoder=none", "encoder=gru", "labels=4"};
    static const qp_real weight[LABELS] = {2, (qp_real)0.5, 1, 3};
    answers a;
    qp_model *model = model_small(setting, 4);
    qp_tape *tape = qp_tape_new();
    const qp_batch *batch = classes(&a, 12);
    double loss[2][2], wanted = 0;
    for (int weighed = 0; weighed < 2; weighed++) {
        if (weighed) cr_assert_eq(qp_model_weigh_classes(model, weight), QP_OK);
        for (int training = 0; training < 2; training++) {
            qp_tape_begin(tape, training ? QP_TRAIN : QP_INFER, 1);
            loss[weighed][training] = (double)*qp_model_loss(model, tape, batch, 0).value;
        }
    }
    cr_expect_eq(loss[0][0], loss[1][0]);
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor scores = qp_model_logits(model, tape, batch, NULL);
    for (int r = 0; r < 12; r++) {
        const qp_real *row = qp_tensor_row(scores, r);
        double sum = 0;
        for (int c = 0; c < LABELS; c++) sum += exp((double)row[c]);
        wanted += (double)weight[a.id[r]] * (log(sum) - (double)row[a.id[r]]);
    }
    cr_expect_float_eq(loss[1][1], wanted, 1e-3);
    cr_expect_neq(loss[0][1], loss[1][1]);
    qp_tape_free(tape);
    qp_model_free(model);
}

static void softmax_of(const qp_real *x, double temperature, double p[LABELS])
{
    double all = 0;
    for (int c = 0; c < LABELS; c++) all += p[c] = exp((double)x[c] / temperature);
    for (int c = 0; c < LABELS; c++) p[c] /= all;
}

/* (1-w) CE + w T^2 KL(teacher || student) in training, the teacher without dropout; cross-entropy in validation. */
Test(test_model_loss, a_student_learns_from_a_teacher)
{
    static const char *const small[] = {"task=classify", "decoder=none", "encoder=gru", "labels=4"};
    static const char *const wide[] = {"task=classify", "decoder=none", "encoder=transformer",
                                       "labels=4",      "emb_size=24",  "dropout=0.5"};
    answers a;
    const qp_batch *batch = classes(&a, 6);
    qp_model *student = model_small(small, 4), *teacher = model_small(wide, 6);
    qp_tape *tape = qp_tape_new();
    for (int training = 0; training < 2; training++) {
        double sum = 0, t[LABELS], s[LABELS], p[LABELS];
        qp_tape_begin(tape, QP_INFER, 1);
        qp_tensor x = qp_model_logits(student, tape, batch, NULL), b = qp_model_logits(teacher, tape, batch, NULL);
        for (int r = 0; r < 6; r++) {
            softmax_of(qp_tensor_row(b, r), 3, t);
            softmax_of(qp_tensor_row(x, r), 3, s);
            softmax_of(qp_tensor_row(x, r), 1, p);
            sum -= (training ? 0.3 : 1) * log(p[a.id[r]]);
            for (int c = 0; training && c < LABELS; c++) sum += 0.7 * 9 * t[c] * log(t[c] / s[c]);
        }
        qp_model_distill(student, (qp_distillation){teacher, (qp_real)0.7, 3});
        qp_tape_begin(tape, training ? QP_TRAIN : QP_INFER, 1);
        qp_tensor loss = qp_model_loss(student, tape, batch, 0);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        cr_expect_float_eq((double)loss.value[0], sum, 1e-4, "training %d", training);
    }
    qp_tape_free(tape);
    qp_model_free(student);
    qp_model_free(teacher);
}

/* Without a known scale the loss goes through the matrix of scores; its gradients are the same. */
static void same_without_scores(const char *const *setting, int settings, const qp_batch *batch)
{
    qp_model *model = model_small(setting, settings);
    qp_params *params = qp_model_params(model);
    qp_gradient gradient[2];
    qp_tape *tape = qp_tape_new();
    double sum[2], far = 0;
    for (int known = 0; known < 2; known++) {
        cr_assert_eq(qp_gradient_init(&gradient[known], params), QP_OK);
        qp_gradient_begin(&gradient[known], params);
        qp_tape_begin(tape, QP_TRAIN, 3);
        qp_tape_bind(tape, gradient[known].node);
        if (known) qp_tape_expect_scale(tape, (qp_real)0.5);
        qp_tensor loss = qp_model_loss(model, tape, batch, (qp_real)0.1);
        sum[known] = (double)loss.value[0];
        cr_assert_eq(qp_tape_backward(tape, loss, (qp_real)0.5), QP_OK, "%s", qp_tape_message(tape));
        qp_gradient_finish(&gradient[known], params);
    }
    cr_expect_eq(sum[0], sum[1], "%s", setting[0]);
    for (size_t i = 0; i < qp_params_size(params); i++)
        far = fmax(far, fabs((double)gradient[0].block[i] - (double)gradient[1].block[i]));
    cr_expect_lt(far, 1e-5, "%s: gradients differ by %g", setting[0], far);
    for (int known = 0; known < 2; known++) qp_gradient_free(&gradient[known]);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(test_model_loss, scores_are_left_out_where_nothing_reads_them)
{
    static const char *const translate[] = {"task=translate", "tied_embeddings=true"};
    static const char *const capped[] = {"task=translate", "output_softcap=5"};
    static const char *const classify[] = {"task=classify", "decoder=none", "encoder=gru", "labels=4"};
    static const char *const focal[] = {"task=classify", "decoder=none", "encoder=gru", "labels=4", "loss=focal"};
    answers a;
    model_pairs pairs;
    const qp_batch words = model_reversed_pairs(&pairs, 4, 1);
    same_without_scores(translate, 2, &words);
    same_without_scores(capped, 2, &words);
    same_without_scores(classify, 4, classes(&a, 6));
    same_without_scores(focal, 5, classes(&a, 6));
}

/* Directions in degrees. The hardest target of another pair is, of those less similar than the own one, the most
 * similar; the third source has none such, and of the others the least similar one. */
Test(test_model_loss, the_hardest_target_of_another_pair)
{
    enum { PAIRS = 3 };
    static const double source[PAIRS] = {0, 90, 10}, target[PAIRS] = {80, 85, 175}, degree = 3.14159265358979 / 180;
    static const int hard[PAIRS] = {1, 0, 1};
    static const int32_t start[] = {0, 1, 2, 3};
    const qp_batch batch = {.source = {{PAIRS, start, NULL}, NULL}, .target = {{PAIRS, start, NULL}, NULL}};
    qp_real vector[2 * PAIRS * 2];
    qp_model_config config;
    double expected = 0;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_MATCH;
    config.loss = QP_OBJECTIVE_TRIPLET;
    config.margin = 0.5;
    for (int i = 0; i < PAIRS; i++) {
        const double angle[] = {source[i] * degree, target[i] * degree, target[hard[i]] * degree};
        for (int side = 0; side < 2; side++) {
            vector[2 * (side * PAIRS + i)] = (qp_real)cos(angle[side]);
            vector[2 * (side * PAIRS + i) + 1] = (qp_real)sin(angle[side]);
        }
        expected += fmax(0, 2 * (cos(angle[0] - angle[2]) - cos(angle[0] - angle[1])) + config.margin);
    }
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor loss = qp_scores_loss(&config, tape, qp_tensor_of(2 * PAIRS, 2, vector), &batch, &(qp_loss_terms){0});
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    cr_expect_float_eq((double)loss.value[0], expected, 1e-5, "%g, not %g", (double)loss.value[0], expected);
    qp_tape_free(tape);
}
