#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/op_basic.h"
#include "lib/model/augment.h"
#include "tests/model/model_check.h"

/* ---- word dropout ---- */

Test(augment, words_become_unknown_and_special_ids_stay)
{
    enum { ROWS = 6000 };
    static int32_t id[ROWS];
    const qp_special_ids special = qp_special_own();
    for (int i = 0; i < ROWS; i++) id[i] = i % 10;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 9);
    const int32_t *kept = qp_word_dropout(tape, &special, id, ROWS, 0.3);
    int words = 0, dropped = 0;
    for (int i = 0; i < ROWS; i++) {
        if (id[i] < QP_SPECIAL_COUNT)
            cr_assert_eq(kept[i], id[i]);
        else
            cr_assert(kept[i] == id[i] || kept[i] == QP_UNK);
        words += id[i] >= QP_SPECIAL_COUNT;
        dropped += id[i] >= QP_SPECIAL_COUNT && kept[i] == QP_UNK;
    }
    cr_expect_lt(fabs(dropped - 0.3 * words), 5 * sqrt(words * 0.21), "%d of %d", dropped, words);
    qp_tape_begin(tape, QP_INFER, 9);
    cr_expect_eq(qp_word_dropout(tape, &special, id, ROWS, 0.3), id);
    qp_tape_begin(tape, QP_TRAIN, 9);
    cr_expect_eq(qp_word_dropout(tape, &special, id, ROWS, 0), id);
    qp_tape_free(tape);
}

/* Words are left out or move a little; special ids stay in their places among them. */
/* Pairs of words of one text that changed places; they were `ahead` places apart in 10, 11, 12 ... */
static int inversions(const int32_t *id, int texts, int length, int ahead)
{
    int count = 0;
    for (int i = 0; i < texts; i++)
        for (int a = 0; a + 1 < length; a++)
            for (int b = a + 1; b + 1 < length; b++) count += id[i * length + a] - id[i * length + b] == ahead;
    return count;
}

Test(augment, words_are_left_out_and_move)
{
    enum { TEXTS = 300, LENGTH = 12 };
    static int32_t id[TEXTS * LENGTH], start[TEXTS + 1];
    const qp_special_ids special = qp_special_own();
    for (int i = 0; i < TEXTS * LENGTH; i++) id[i] = i % LENGTH == LENGTH - 1 ? QP_EOS : 10 + i % LENGTH;
    for (int i = 0; i <= TEXTS; i++) start[i] = i * LENGTH;
    const qp_ids text = {{.count = TEXTS, .start = start}, id};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 3);
    qp_ids dropped = qp_word_noise(tape, &special, text, 0.3, 0);
    int words = qp_sequence_rows(dropped.sequences) - TEXTS, all = TEXTS * (LENGTH - 1), moved = 0;
    cr_expect_lt(fabs(words - 0.7 * all), 5 * sqrt(all * 0.21), "%d of %d", words, all);
    qp_ids swapped = qp_word_noise(tape, &special, text, 0, 2);
    /* words i and i+d, at i + 3u and i + d + 3v, change places with probability (1 - d/3)^2 / 2 */
    for (int ahead = 1; ahead < 3; ahead++) {
        double chance = pow(1 - ahead / 3.0, 2) / 2, pairs = TEXTS * (LENGTH - 1 - ahead);
        int found = inversions(swapped.id, TEXTS, LENGTH, ahead);
        cr_expect_lt(fabs(found - chance * pairs), 5 * sqrt(pairs * chance), "%d words ahead: %d of %g", ahead, found,
                     pairs);
    }
    qp_ids few = qp_word_noise(tape, &special, text, 0.99, 3);
    for (int i = 0; i < TEXTS; i++) {
        const int32_t *kept = dropped.id + dropped.sequences.start[i], *order = swapped.id + start[i];
        int length = qp_sequence_length(dropped.sequences, i), left = qp_sequence_length(few.sequences, i), sum = 0;
        cr_expect_eq(kept[length - 1], QP_EOS);
        for (int k = 1; k + 1 < length; k++) cr_expect_lt(kept[k - 1], kept[k], "their order stays");
        for (int k = 0; k + 1 < LENGTH; k++) {
            cr_expect_leq(abs(order[k] - 10 - k), 2, "a word moves by at most two places");
            moved += order[k] != 10 + k;
            sum += order[k];
        }
        cr_expect_eq(sum, 11 * 10 + 55, "every word is still there");
        cr_expect_eq(order[LENGTH - 1], QP_EOS);
        cr_expect_geq(left, 2, "one word stays");
        cr_expect_eq(few.id[few.sequences.start[i] + left - 1], QP_EOS);
    }
    cr_expect_gt(moved, all / 4);
    qp_tape_begin(tape, QP_INFER, 3);
    cr_expect_eq(qp_word_noise(tape, &special, text, 0.3, 2).id, id);
    qp_tape_free(tape);
}

/* With every word unknown the loss is that of unknown words: what is read changes, what is to be made does not. */
Test(augment, sources_and_what_the_decoder_reads)
{
    static const char *const both[] = {"dropout=0", "word_dropout_src=0.99", "word_dropout_tgt=0.99"}, *const none[] = {
                                                                                                           "dropout=0"};
    model_pairs pairs;
    qp_batch batch = model_reversed_pairs(&pairs, 8, 1);
    qp_model *dropping = model_small(both, 3), *plain = model_small(none, 1);
    qp_tape *tape = qp_tape_new();
    int different = 0;
    for (uint64_t key = 0; key < 3; key++) {
        qp_tape_begin(tape, QP_TRAIN, key);
        double noisy = (double)qp_model_loss(dropping, tape, &batch, 0).value[0];
        qp_tape_begin(tape, QP_TRAIN, key);
        different += noisy != (double)qp_model_loss(plain, tape, &batch, 0).value[0];
    }
    qp_tape_begin(tape, QP_INFER, 0);
    double a = (double)qp_model_loss(dropping, tape, &batch, 0).value[0];
    qp_tape_begin(tape, QP_INFER, 0);
    cr_expect_eq(a, (double)qp_model_loss(plain, tape, &batch, 0).value[0], "no word is dropped outside of training");
    cr_expect_eq(different, 3);
    qp_tape_free(tape);
    qp_model_free(dropping);
    qp_model_free(plain);
}

/* ---- mixup ---- */

Test(augment, beta_has_its_mean_and_variance)
{
    static const double alpha[] = {0.05, 0.2, 1, 4};
    for (int k = 0; k < 4; k++) {
        enum { DRAWS = 4000 };
        double sum = 0, squares = 0, variance = 1 / (4 * (2 * alpha[k] + 1));
        for (uint64_t i = 0; i < DRAWS; i++) {
            double x = qp_beta_draw(i * 77 + 1, alpha[k]);
            cr_assert(x >= 0 && x <= 1);
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
        }
        cr_expect_lt(fabs(sum / DRAWS - 0.5), 5 * sqrt(variance / DRAWS), "alpha %g: mean %g", alpha[k], sum / DRAWS);
        cr_expect_lt(fabs(squares / DRAWS - variance), 0.1 * variance, "alpha %g: variance %g", alpha[k],
                     squares / DRAWS);
    }
}

static double plain_loss(qp_tape *tape, qp_tensor x, const int32_t *label)
{
    qp_cross_entropy_config config = {.reduction = QP_SUM};
    return (double)qp_cross_entropy(tape, x, label, &config).value[0];
}

/* The loss is that of some shift and some lambda, found by trying all shifts and the lambda of the definition. */
Test(augment, mixup_is_its_equation)
{
    enum { ROWS = 5, LABELS = 3 };
    static const int32_t label[ROWS] = {0, 1, 2, 0, 1};
    qp_tape *tape = qp_tape_new();
    qp_real numbers[ROWS * LABELS];
    for (int i = 0; i < ROWS * LABELS; i++) numbers[i] = (qp_real)((7 * i + 3) % 11) / 5 - 1;
    qp_tensor x = qp_tensor_of(ROWS, LABELS, numbers);
    qp_cross_entropy_config config = {.reduction = QP_SUM};
    int shifts_seen[ROWS] = {0};
    for (uint64_t step = 0; step < 20; step++) {
        qp_tape_begin(tape, QP_TRAIN, step);
        double own = qp_beta_draw(qp_tape_next_key(tape), 0.4), nearest = 1e9;
        qp_tape_begin(tape, QP_TRAIN, step);
        double made = (double)qp_mixup_loss(tape, x, label, 0.4, &config).value[0];
        for (int shift = 1; shift < ROWS; shift++) {
            qp_real mixed[ROWS * LABELS];
            int32_t other[ROWS];
            for (int r = 0; r < ROWS; r++) {
                other[r] = label[(r + shift) % ROWS];
                for (int c = 0; c < LABELS; c++)
                    mixed[r * LABELS + c] = (qp_real)(own * (double)x.value[r * LABELS + c] +
                                                      (1 - own) * (double)x.value[(r + shift) % ROWS * LABELS + c]);
            }
            qp_tensor z = qp_tensor_of(ROWS, LABELS, mixed);
            double expected = own * plain_loss(tape, z, label) + (1 - own) * plain_loss(tape, z, other);
            if (fabs(expected - made) < fabs(nearest)) nearest = expected - made;
            shifts_seen[shift] += fabs(expected - made) < 1e-5;
        }
        cr_expect_lt(fabs(nearest), 1e-5, "step %d", (int)step);
    }
    for (int shift = 1; shift < ROWS; shift++) cr_expect_gt(shifts_seen[shift], 0, "no step has shift %d", shift);
    qp_tape_begin(tape, QP_TRAIN, 1);
    double off = (double)qp_mixup_loss(tape, x, label, 0, &config).value[0];
    cr_expect_eq(off, plain_loss(tape, x, label));
    qp_tape_begin(tape, QP_INFER, 1);
    cr_expect_eq((double)qp_mixup_loss(tape, x, label, 0.4, &config).value[0], off);
    qp_tape_free(tape);
}

/* The gradient of the loss of five rows, two lambdas among them, against differences. */
Test(augment, mixup_has_its_gradient)
{
    enum { ROWS = 5, LABELS = 3, COUNT = ROWS * LABELS };
    static const int32_t label[ROWS] = {0, 1, 2, -1, 1}, other[ROWS] = {3, 0, 1, 2, 4};
    static const qp_real own[ROWS] = {(qp_real)0.3, (qp_real)0.8, (qp_real)0.5, (qp_real)0.9, 1};
    qp_tape *tape = qp_tape_new();
    qp_real numbers[COUNT], gradient[COUNT];
    double loss[2];
    for (int i = 0; i < COUNT; i++) numbers[i] = (qp_real)((7 * i + 3) % 11) / 5 - 1;
    qp_node node = {.value = numbers, .grad = gradient, .count = COUNT, .parameter = true};
    qp_tensor x = qp_tensor_of(ROWS, LABELS, numbers);
    x.node = &node;
    for (int i = -1; i < COUNT; i++)
        for (int side = 0; side < 2; side++) {
            qp_real kept = i < 0 ? 0 : numbers[i];
            if (i >= 0) numbers[i] += (qp_real)(side ? -0.01 : 0.01);
            qp_tape_begin(tape, QP_TRAIN, 1);
            node.filled = i >= 0; /* the first time alone */
            qp_tensor y = qp_mixup_cross_entropy(tape, qp_mixup(tape, x, own, other), label, own, other, (qp_real)0.1);
            loss[side] = (double)y.value[0];
            if (i < 0) cr_assert_eq(qp_tape_backward(tape, y, 1), QP_OK);
            if (i < 0) break;
            numbers[i] = kept;
            if (side)
                cr_expect_float_eq((double)gradient[i], (loss[0] - loss[1]) / 0.02, 1e-3, "%d: %g, not %g", i,
                                   (double)gradient[i], (loss[0] - loss[1]) / 0.02);
        }
    qp_tape_free(tape);
}

/* ---- layers left out ---- */

Test(augment, layers_are_left_out_as_often_as_asked)
{
    static const char *const setting[] = {"dropout=0", "enc_layers=3", "dec_layers=2", "layer_drop=0.4"};
    model_pairs pairs;
    qp_batch batch = model_reversed_pairs(&pairs, 4, 1);
    qp_model *model = model_small(setting, 4);
    qp_params *params = qp_model_params(model);
    qp_gradient gradient;
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_gradient_init(&gradient, params), QP_OK);
    int at[2] = {qp_params_find(params, "encoder.layers.1.linear1.weight"),
                 qp_params_find(params, "decoder.layers.0.linear2.weight")};
    int left_out[2] = {0};
    cr_assert(at[0] >= 0 && at[1] >= 0);
    enum { STEPS = 150 };
    for (uint64_t step = 0; step < STEPS; step++) {
        cr_assert(isfinite(model_gradient(model, tape, &batch, &gradient, step)));
        for (int k = 0; k < 2; k++) {
            const qp_parameter *p = qp_params_at(params, at[k]);
            bool any = false;
            for (int i = 0; i < p->rows * p->columns; i++) any = any || gradient.block[p->offset + (size_t)i] != 0;
            left_out[k] += !any;
        }
    }
    for (int k = 0; k < 2; k++)
        cr_expect_lt(abs(left_out[k] - 60), 5 * 6, "left out %d times of %d", left_out[k], STEPS);
    qp_gradient_free(&gradient);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(augment, options_without_something_to_work_on_are_refused)
{
    static const struct {
        const char *field, *value;
        int task, encoder, decoder;
    } wrong[] = {{"layer_drop", "0.1", QP_TASK_TRANSLATE, QP_KIND_GRU, QP_KIND_GRU},
                 {"word_drop", "0.1", QP_TASK_TAG, QP_KIND_GRU, QP_KIND_NONE},
                 {"word_swap", "2", QP_TASK_LM, QP_KIND_NONE, QP_KIND_GRU},
                 {"word_dropout_src", "0.1", QP_TASK_LM, QP_KIND_NONE, QP_KIND_GRU},
                 {"stochastic_depth", "0.1", QP_TASK_TRANSLATE, QP_KIND_GRU, QP_KIND_GRU},
                 {"segments", "2", QP_TASK_TRANSLATE, QP_KIND_GRU, QP_KIND_TRANSFORMER},
                 {"embedding_norm", "true", QP_TASK_TRANSLATE, QP_KIND_GRU, QP_KIND_GRU},
                 {"mixup", "0.2", QP_TASK_TRANSLATE, QP_KIND_GRU, QP_KIND_GRU}};
    for (int i = 0; i < (int)(sizeof wrong / sizeof *wrong); i++) {
        qp_model_config config;
        qp_config_defaults(&qp_model_fields, &config);
        config.task = wrong[i].task;
        config.encoder = wrong[i].encoder;
        config.decoder = wrong[i].decoder;
        cr_assert_eq(qp_model_config_check(&config), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, wrong[i].field), &config, "test", wrong[i].value),
                     QP_OK);
        cr_assert_eq(qp_model_config_check(&config), QP_EUSAGE, "%s", wrong[i].field);
        cr_assert(strstr(qp_error_message(), "--"), "%s", qp_error_message());
    }
}
