#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/predict.h"

enum { TEXTS = 60, LENGTH = 37, LABELS = 5, WORDS = 30 };

static qp_model *tagger_of(bool crf)
{
    qp_model_config c;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_TAG;
    c.decoder = QP_KIND_NONE;
    c.enc_layers = 1;
    c.emb_size = 16;
    c.ff_size = 32;
    c.heads = 2;
    c.src_vocab_size = WORDS;
    c.labels = LABELS;
    c.crf = crf;
    cr_assert_eq(qp_model_new(&c, 5, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    return model;
}

static qp_model *tagger(void) { return tagger_of(false); }

/* Texts of different lengths, every second token of which is asked for; the last text has no question. */
typedef struct {
    int32_t source_start[TEXTS + 1], target_start[TEXTS + 1], id[TEXTS * LENGTH], source_row[TEXTS * LENGTH];
    qp_batch batch;
} texts;

static void fill(texts *t)
{
    int rows = 0, answers = 0;
    for (int i = 0; i < TEXTS; i++) {
        int length = 1 + (i * 13) % LENGTH;
        t->source_start[i] = rows;
        t->target_start[i] = answers;
        for (int j = 0; j < length; j++) {
            t->id[rows + j] = (int32_t)qp_random_below(9, (uint64_t)(rows + j), WORDS);
            if (j % 2 == 0 && i + 1 < TEXTS) t->source_row[answers++] = j;
        }
        rows += length;
    }
    t->source_start[TEXTS] = rows;
    t->target_start[TEXTS] = answers;
    t->batch = (qp_batch){.source = {{.count = TEXTS, .start = t->source_start}, t->id},
                          .target = {{.count = TEXTS, .start = t->target_start}, NULL},
                          .source_row = t->source_row};
}

Test(predict, a_batch_equals_its_texts_alone_and_threads_change_nothing)
{
    qp_model *model = tagger();
    static texts t;
    fill(&t);
    int answers = t.target_start[TEXTS];
    qp_real *one = calloc((size_t)answers * LABELS, sizeof *one),
            *three = calloc((size_t)answers * LABELS, sizeof *one);
    cr_assert_eq(qp_predict(model, &t.batch, 1, one), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_predict(model, &t.batch, 3, three), QP_OK, "%s", qp_error_message());
    cr_assert_arr_eq(one, three, (size_t)answers * LABELS * sizeof *one);
    qp_tape *tape = qp_tape_new();
    for (int i = 0; i + 1 < TEXTS; i++) {
        int32_t source[] = {0, t.source_start[i + 1] - t.source_start[i]},
                target[] = {0, t.target_start[i + 1] - t.target_start[i]};
        qp_batch alone = {.source = {{.count = 1, .start = source}, t.id + t.source_start[i]},
                          .target = {{.count = 1, .start = target}, NULL},
                          .source_row = t.source_row + t.target_start[i]};
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(model, tape, &alone, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK);
        for (int r = 0; r < scores.rows; r++)
            cr_assert_arr_eq(qp_tensor_row(scores, r), one + (t.target_start[i] + r) * LABELS, LABELS * sizeof *one,
                             "text %d row %d", i, r);
    }
    qp_tape_free(tape);
    free(one);
    free(three);
    qp_model_free(model);
}

/* Each token keeps its segment where the batch is cut into pieces. */
Test(predict, segments_of_a_batch)
{
    qp_model *plain = tagger(), *model;
    qp_model_config c = *qp_model_config_of(plain);
    static texts t;
    static int32_t segment[TEXTS * LENGTH];
    c.segments = 2;
    cr_assert_eq(qp_model_new(&c, 5, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    fill(&t);
    for (int i = 0; i < t.source_start[TEXTS]; i++) segment[i] = i / 5 % 2;
    t.batch.segment = segment;
    int answers = t.target_start[TEXTS];
    qp_real *whole = calloc((size_t)answers * LABELS, sizeof *whole);
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_predict(model, &t.batch, 3, whole), QP_OK, "%s", qp_error_message());
    for (int i = 0; i + 1 < TEXTS; i++) {
        int32_t source[] = {0, t.source_start[i + 1] - t.source_start[i]},
                target[] = {0, t.target_start[i + 1] - t.target_start[i]};
        qp_batch one = {.source = {{.count = 1, .start = source}, t.id + t.source_start[i]},
                        .target = {{.count = 1, .start = target}, NULL},
                        .source_row = t.source_row + t.target_start[i],
                        .segment = segment + t.source_start[i]};
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(model, tape, &one, NULL);
        for (int r = 0; r < scores.rows; r++)
            cr_assert_arr_eq(qp_tensor_row(scores, r), whole + (t.target_start[i] + r) * LABELS, LABELS * sizeof *whole,
                             "text %d row %d", i, r);
    }
    qp_tape_free(tape);
    free(whole);
    qp_model_free(plain);
    qp_model_free(model);
}

/* What a decoder is given to read belongs to its text, wherever a batch is cut. */
Test(predict, inputs_of_a_decoder)
{
    qp_model_config c;
    qp_model *model;
    static texts t;
    static int32_t input[TEXTS * LENGTH];
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_LM;
    c.encoder = QP_KIND_NONE;
    c.dec_layers = 1;
    c.emb_size = 16;
    c.ff_size = 32;
    c.heads = 2;
    c.tgt_vocab_size = WORDS;
    cr_assert_eq(qp_model_new(&c, 5, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    fill(&t);
    const int rows = t.source_start[TEXTS];
    for (int r = 0; r < rows; r++) input[r] = (int32_t)qp_random_below(11, (uint64_t)r, WORDS);
    const qp_batch batch = {.target = t.batch.source, .input = input};
    qp_real *score = calloc((size_t)rows * WORDS, sizeof *score);
    cr_assert_eq(qp_predict(model, &batch, 2, score), QP_OK, "%s", qp_error_message());
    qp_tape *tape = qp_tape_new();
    for (int i = 0; i < TEXTS; i++) {
        const int first = t.source_start[i];
        const int32_t start[] = {0, t.source_start[i + 1] - first};
        const qp_batch alone = {.target = {{.count = 1, .start = start}, t.id + first}, .input = input + first};
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(model, tape, &alone, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK);
        for (int r = 0; r < scores.rows; r++)
            cr_assert_arr_eq(qp_tensor_row(scores, r), score + (ptrdiff_t)(first + r) * WORDS, WORDS * sizeof *score,
                             "text %d, row %d", i, r);
    }
    free(score);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(predict, probabilities_sum_to_one_and_keep_the_order)
{
    qp_real score[] = {1, 800, 799, -800, 800};
    cr_assert_eq(qp_predict_best(score, 5), 1, "the first among equals");
    qp_predict_probabilities(score, 5);
    cr_assert_float_eq(score[0] + score[1] + score[2] + score[3] + score[4], 1, 1e-6);
    cr_assert_float_eq(score[1], 1 / (2 + exp(-1)), 1e-6);
    cr_assert_eq(score[1], score[4]);
    cr_assert_eq(score[3], 0);
}

Test(predict, a_failing_model_is_reported)
{
    qp_model *model = tagger();
    static texts t;
    fill(&t);
    t.source_row[3] = 99; /* a row after its text */
    qp_real *score = calloc((size_t)t.target_start[TEXTS] * LABELS, sizeof *score);
    cr_assert_neq(qp_predict(model, &t.batch, 2, score), QP_OK);
    free(score);
    qp_model_free(model);
}

/* ---- answers ---- */

Test(predict, answers_are_the_highest_scores_and_their_softmax)
{
    qp_model *model = tagger();
    int32_t start[] = {0, 2, 2, 3}, best[3];
    qp_real score[3 * LABELS] = {0, 3, 1, 3, 0, 900, 0, 0, 0, 0, 0, 0, 0, 0, 0}, probability[3];
    qp_sequences s = {.count = 3, .start = start};
    cr_assert_eq(qp_predict_answers(model, s, score, best, probability), QP_OK);
    cr_expect(best[0] == 1 && best[1] == 0 && best[2] == 0);
    cr_expect_float_eq(probability[0], 1 / (2 + exp(-2) + 2 * exp(-3)), 1e-6);
    cr_expect_float_eq(probability[1], 1, 1e-6);
    cr_expect_float_eq(probability[2], 1.0 / LABELS, 1e-6);
    cr_expect_eq(score[1], 3, "only read");
    qp_model_free(model);
}

static double path_score(const qp_crf *crf, const qp_real *score, const int *y, int rows)
{
    double sum = (double)crf->start.value[y[0]] + (double)crf->end.value[y[rows - 1]];
    for (int t = 0; t < rows; t++) {
        sum += (double)score[t * LABELS + y[t]];
        if (t > 0) sum += (double)qp_tensor_row(crf->transitions, y[t - 1])[y[t]];
    }
    return sum;
}

/* The best of all paths, and the share of the paths that go through each of its places. */
static void check_text(const qp_crf *crf, const qp_real *score, int rows, const int32_t *best, const qp_real *share)
{
    double sum = 0, through[6] = {0}, highest = -INFINITY;
    int ways = 1, y[6], found[6] = {0};
    for (int t = 0; t < rows; t++) ways *= LABELS;
    for (int way = 0; way < ways; way++) {
        for (int t = 0, rest = way; t < rows; t++, rest /= LABELS) y[t] = rest % LABELS;
        double s = path_score(crf, score, y, rows), weight = exp(s);
        sum += weight;
        for (int t = 0; t < rows; t++) through[t] += y[t] == best[t] ? weight : 0;
        if (s > highest) highest = s, memcpy(found, y, sizeof y);
    }
    for (int t = 0; t < rows; t++) {
        cr_expect_eq(best[t], found[t]);
        cr_expect_float_eq(share[t], through[t] / sum, 1e-5);
    }
}

Test(predict, a_field_answers_for_the_whole_text)
{
    qp_model *model = tagger_of(true);
    static texts t;
    fill(&t);
    qp_crf crf = qp_model_crf(model);
    for (int i = 0; i < LABELS * LABELS; i++) crf.transitions.value[i] = (qp_real)(i % 7) - 3;
    for (int i = 0; i < LABELS; i++) crf.start.value[i] = (qp_real)(i % 3), crf.end.value[i] = (qp_real)(i % 2);
    int answers = t.target_start[TEXTS], checked = 0, moved = 0;
    qp_real *score = calloc((size_t)answers * LABELS, sizeof *score), *share = calloc((size_t)answers, sizeof *share);
    int32_t *best = calloc((size_t)answers, sizeof *best), *again = calloc((size_t)answers, sizeof *best);
    cr_assert_eq(qp_predict(model, &t.batch, 2, score), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_predict_answers(model, t.batch.target.sequences, score, best, share), QP_OK);
    cr_assert_eq(qp_predict_answers(model, t.batch.target.sequences, score, again, NULL), QP_OK);
    cr_expect_arr_eq(best, again, (size_t)answers * sizeof *best);
    for (int i = 0; i < TEXTS; i++) {
        int first = t.target_start[i], rows = t.target_start[i + 1] - first;
        if (rows == 0 || rows > 6) continue;
        check_text(&crf, score + first * LABELS, rows, best + first, share + first);
        checked++;
    }
    for (int r = 0; r < answers; r++) moved += best[r] != qp_predict_best(score + r * LABELS, LABELS);
    cr_expect(checked > 5 && moved > 5, "%d texts, %d labels that their neighbours changed", checked, moved);
    free(score);
    free(share);
    free(best);
    free(again);
    qp_model_free(model);
}
