#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/predict.h"

enum { TEXTS = 60, LENGTH = 37, LABELS = 5, WORDS = 30 };

static qp_model *tagger(void)
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
    cr_assert_eq(qp_model_new(&c, 5, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    return model;
}

/* Texts of different lengths, every second token of which is asked for; the last text has no question. */
typedef struct {
    int32_t source_start[TEXTS + 1], target_start[TEXTS + 1], id[TEXTS * LENGTH], read[TEXTS * LENGTH];
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
            if (j % 2 == 0 && i + 1 < TEXTS) t->read[answers++] = j;
        }
        rows += length;
    }
    t->source_start[TEXTS] = rows;
    t->target_start[TEXTS] = answers;
    t->batch = (qp_batch){.source = {{.count = TEXTS, .start = t->source_start}, t->id},
                          .target = {{.count = TEXTS, .start = t->target_start}, NULL},
                          .read = t->read};
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
                          .read = t.read + t.target_start[i]};
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

Test(predict, a_failing_model_is_told)
{
    qp_model *model = tagger();
    static texts t;
    fill(&t);
    t.read[3] = 99; /* a row behind its text */
    qp_real *score = calloc((size_t)t.target_start[TEXTS] * LABELS, sizeof *score);
    cr_assert_neq(qp_predict(model, &t.batch, 2, score), QP_OK);
    free(score);
    qp_model_free(model);
}
