#include <criterion/criterion.h>
#include <math.h>

#include "lib/model/model_loss.h"

/* Losses of pairs of vectors of length 1, from their angles, and of sets of labels. */

enum { PAIRS = 3 };

static const double source[PAIRS] = {0, 90, 10}, target[PAIRS] = {80, 85, 175}, degree = 3.14159265358979 / 180;
static const int hard[PAIRS] = {1, 0, 1}; /* the other target nearest to the source, but not nearer than its own */

static double cosine(int i, int k) { return cos((source[i] - target[k]) * degree); }

static qp_status loss_of(int kind, const qp_real *score, int pairs, double *value)
{
    static const int32_t start[] = {0, 1, 2, 3};
    const qp_batch batch = {
        .source = {{pairs, start, NULL}, NULL}, .target = {{pairs, start, NULL}, NULL}, .score = score};
    qp_real vector[2 * PAIRS * 2];
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_MATCH;
    config.loss = kind;
    config.margin = 0.5;
    config.temperature = 0.25;
    for (int i = 0; i < pairs; i++) {
        const double angle[] = {source[i] * degree, target[i] * degree};
        for (int side = 0; side < 2; side++) {
            vector[2 * (side * pairs + i)] = (qp_real)cos(angle[side]);
            vector[2 * (side * pairs + i) + 1] = (qp_real)sin(angle[side]);
        }
    }
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor loss = qp_scores_loss(&config, tape, qp_tensor_of(2 * pairs, 2, vector), &batch, &(qp_loss_terms){0});
    qp_status status = qp_tape_status(tape);
    if (status == QP_OK) *value = (double)loss.value[0];
    qp_tape_free(tape);
    return status;
}

static double squared_distance(int i, int k) { return 2 - 2 * cosine(i, k); }

/* The values of all pairs with these formulas; those of a batch are means, times the rows. */
Test(match_loss, pairs_without_scores)
{
    double contrastive = 0, cosines = 0, nce = 0, value;
    for (int i = 0; i < PAIRS; i++) {
        double sum = 0, back = 0;
        contrastive += squared_distance(i, i) + pow(fmax(0, 0.5 - sqrt(squared_distance(i, hard[i]))), 2);
        cosines += 1 - cosine(i, i) + fmax(0, cosine(i, hard[i]) - 0.5);
        for (int k = 0; k < PAIRS; k++) sum += exp(cosine(i, k) / 0.25), back += exp(cosine(k, i) / 0.25);
        nce += (log(sum) + log(back)) / 2 - cosine(i, i) / 0.25;
    }
    cr_assert_eq(loss_of(QP_OBJECTIVE_CONTRASTIVE, NULL, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, contrastive, 1e-5, "contrastive %g, not %g", value, contrastive);
    cr_assert_eq(loss_of(QP_OBJECTIVE_COSINE, NULL, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, cosines, 1e-5, "cosine %g, not %g", value, cosines);
    cr_assert_eq(loss_of(QP_OBJECTIVE_INFO_NCE, NULL, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, nce, 1e-5, "InfoNCE %g, not %g", value, nce);
    double automatic;
    cr_assert_eq(loss_of(QP_OBJECTIVE_AUTO, NULL, PAIRS, &automatic), QP_OK);
    cr_expect_eq(automatic, value);
    cr_expect_eq(loss_of(QP_OBJECTIVE_MSE, NULL, PAIRS, &value), QP_EUSAGE, "it needs scores");
}

/* With scores, above 0.5 is the same. */
Test(match_loss, pairs_with_scores)
{
    static const qp_real score[PAIRS] = {1, (qp_real)0.5, (qp_real)0.75};
    double contrastive = 0, cosines = 0, squares = 0, value;
    for (int i = 0; i < PAIRS; i++) {
        bool same = (double)score[i] > 0.5;
        contrastive += same ? squared_distance(i, i) : pow(fmax(0, 0.5 - sqrt(squared_distance(i, i))), 2);
        cosines += same ? 1 - cosine(i, i) : fmax(0, cosine(i, i) - 0.5);
        squares += pow(cosine(i, i) - (double)score[i], 2);
    }
    cr_assert_eq(loss_of(QP_OBJECTIVE_CONTRASTIVE, score, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, contrastive, 1e-5, "contrastive %g, not %g", value, contrastive);
    cr_assert_eq(loss_of(QP_OBJECTIVE_COSINE, score, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, cosines, 1e-5, "cosine %g, not %g", value, cosines);
    cr_assert_eq(loss_of(QP_OBJECTIVE_MSE, score, PAIRS, &value), QP_OK);
    cr_expect_float_eq(value, squares, 1e-5, "mse %g, not %g", value, squares);
    double automatic;
    cr_assert_eq(loss_of(QP_OBJECTIVE_AUTO, score, PAIRS, &automatic), QP_OK);
    cr_expect_eq(automatic, value);
}

/* A single pair has no other target: it is only drawn together. */
Test(match_loss, one_pair)
{
    double value;
    cr_assert_eq(loss_of(QP_OBJECTIVE_CONTRASTIVE, NULL, 1, &value), QP_OK);
    cr_expect_float_eq(value, squared_distance(0, 0), 1e-5, "%g", value);
    cr_assert_eq(loss_of(QP_OBJECTIVE_COSINE, NULL, 1, &value), QP_OK);
    cr_expect_float_eq(value, 1 - cosine(0, 0), 1e-5, "%g", value);
    cr_assert_eq(loss_of(QP_OBJECTIVE_TRIPLET, NULL, 1, &value), QP_OK);
    cr_expect(isfinite(value), "%g", value);
}

/* -t ln p - (1-t) ln(1-p) of every label, t from the row's set. */
Test(match_loss, sets_of_labels)
{
    enum { ROWS = 3, LABELS = 4 };
    static const int32_t start[] = {0, 1, 2, 3}, label[] = {1, 3, 0, 9, -1};
    static const int64_t set_start[] = {0, 2, 2, 5};
    static const bool in[][LABELS] = {{false, true, false, true}, {false}, {true, false, false, false}};
    const qp_target_sets sets = {.count = 3, .start = set_start, .label = label};
    for (int smooth = 0; smooth < 2; smooth++) {
        int32_t number[ROWS] = {0, 2, 1};
        const qp_batch batch = {.source = {{ROWS, start, NULL}, NULL}, .target = {{ROWS, start, NULL}, number}};
        const qp_loss_terms terms = {.sets = &sets, .smoothing = smooth ? (qp_real)0.2 : 0};
        qp_real score[ROWS * LABELS];
        qp_model_config config;
        double expected = 0, e = smooth ? 0.2 : 0;
        qp_config_defaults(&qp_model_fields, &config);
        config.task = QP_TASK_CLASSIFY;
        config.multi_label = true;
        for (int i = 0; i < ROWS * LABELS; i++) {
            score[i] = (qp_real)(2 * sin(i + 1));
            double t = (1 - e) * in[number[i / LABELS]][i % LABELS] + e / 2, p = 1 / (1 + exp(-(double)score[i]));
            expected -= t * log(p) + (1 - t) * log(1 - p);
        }
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_tensor loss = qp_scores_loss(&config, tape, qp_tensor_of(ROWS, LABELS, score), &batch, &terms);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        cr_expect_float_eq((double)loss.value[0], expected, 1e-4, "%g, not %g", (double)loss.value[0], expected);
        for (int wrong = -1; wrong <= 3; wrong += 4) {
            number[1] = wrong;
            qp_tape_begin(tape, QP_TRAIN, 1);
            qp_scores_loss(&config, tape, qp_tensor_of(ROWS, LABELS, score), &batch, &terms);
            cr_expect_eq(qp_tape_status(tape), QP_ESHAPE, "set %d", wrong);
        }
        qp_tape_free(tape);
    }
}
