#include "lib/package/embeddings.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/decode/predict.h"
#include "tests/package/small_package.h"

enum { TEXTS = 70, LONGEST = 5 };

/* Texts of 1 to 5 tokens, the end included. */
static void make(qp_line_ids *line, int32_t (*id)[LONGEST])
{
    for (int i = 0; i < TEXTS; i++) {
        int count = 1 + i * 3 % LONGEST;
        for (int k = 0; k < count; k++) id[i][k] = k + 1 < count ? 4 + (i * 5 + k * k) % 6 : QP_EOS;
        line[i] = (qp_line_ids){id[i], count, count - 1};
    }
}

/* The mean of the states of a text that is read alone; of a model of matching texts its one vector. */
static void expect_vector(const qp_package *package, const qp_line_ids *line, const float *vector, int width)
{
    int32_t start[] = {0, line->count}, one[] = {0, 1};
    const qp_ids text = {{.count = 1, .start = start}, line->id};
    qp_sequences rows;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    bool match = qp_model_config_of(package->model)->task == QP_TASK_MATCH;
    qp_batch batch = {.source = text, .target = {{.count = 1, .start = one}, NULL}};
    qp_tensor states = match ? qp_model_logits(package->model, tape, &batch, NULL)
                             : qp_model_states(package->model, tape, text, &rows);
    cr_assert(!qp_tape_failed(tape) && states.columns == width);
    int count = match ? 1 : qp_sequence_length(rows, 0);
    cr_assert_eq(states.rows, count);
    for (int c = 0; c < width; c++) {
        double sum = 0;
        for (int r = 0; r < count; r++) sum += (double)qp_tensor_row(states, r)[c];
        cr_expect_float_eq(vector[c], sum / count, 1e-6, "column %d", c);
    }
    qp_tape_free(tape);
}

Test(embeddings, means_of_states)
{
    static const char *const setting[][6] = {{"task=match", "decoder=none", "encoder=gru", NULL},
                                             {"task=lm", "decoder=gru", "encoder=none", NULL},
                                             {"task=classify", "decoder=none", "encoder=transformer", NULL}};
    int32_t id[TEXTS][LONGEST];
    qp_line_ids line[TEXTS];
    make(line, id);
    for (int s = 0; s < 3; s++) {
        qp_package *package = small_package(setting[s], small_tokenizer(QP_TOKENIZER_CHAR, "abcdef\n"),
                                            s == 2 ? "[\"a\",\"b\"]" : NULL);
        cr_expect_eq(qp_embedding_codec(package), s == 1 ? &package->target_codec : &package->source_codec);
        qp_embeddings e = {0};
        cr_assert_eq(qp_embed_ids(package, line, 0, 1, &e), QP_OK);
        cr_expect(e.count == 0 && e.width == 0, "no text has no width");
        cr_assert_eq(qp_embed_ids(package, line, 33, 1, &e), QP_OK, "%s", qp_error_message());
        cr_expect_eq(e.count, 33);
        cr_assert_eq(qp_embed_ids(package, line + 33, TEXTS - 33, 2, &e), QP_OK);
        cr_assert(e.count == TEXTS && e.width == 8);
        for (int i = 0; i < TEXTS; i++) expect_vector(package, &line[i], e.value + i * e.width, e.width);
        qp_embeddings_free(&e);
        cr_expect(!e.value && e.count == 0);
        qp_package_free(package);
    }
}
