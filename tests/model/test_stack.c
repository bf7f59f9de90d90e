#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/model/model.h"

/* Parameters "NAME rows columns" of a transformer with these settings; 9 pieces, width 8, 2 layers. */
static qp_model *transformer(const char *settings)
{
    qp_model_config c;
    qp_model *model;
    char word[100];
    int bytes;
    qp_config_defaults(&qp_model_fields, &c);
    c.src_vocab_size = c.tgt_vocab_size = 9;
    c.emb_size = 8;
    c.ff_size = 16;
    c.heads = 2;
    c.enc_layers = c.dec_layers = 2;
    c.max_length = 12;
    c.labels = 3;
    for (; sscanf(settings, " %99s%n", word, &bytes) == 1; settings += bytes) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, word), &c, word, equals + 1), QP_OK);
    }
    cr_assert_eq(qp_model_new(&c, 3, &model), QP_OK, "%s", qp_error_message());
    return model;
}

/* Whether a parameter of this name and shape exists; rows 0: none of this name. */
static void expect(const qp_model *model, const char *name, int rows, int columns)
{
    int i = qp_params_find(qp_model_params(model), name);
    if (rows == 0) {
        cr_expect_lt(i, 0, "%s", name);
        return;
    }
    cr_assert_geq(i, 0, "no %s", name);
    const qp_parameter *p = qp_params_at(qp_model_params(model), i);
    cr_expect(p->rows == rows && p->columns == columns, "%s is [%d, %d]", name, p->rows, p->columns);
}

static void runs(qp_model *model)
{
    static const int32_t start[] = {0, 3, 5}, id[] = {4, 5, QP_EOS, 8, QP_EOS};
    const qp_batch batch = {.source = {{.count = 2, .start = start}, id}, .target = {{.count = 2, .start = start}, id}};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor scores = qp_model_logits(model, tape, &batch, NULL);
    cr_expect_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    cr_expect(scores.rows == 5 && scores.columns == 9);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(stack, embeddings_have_what_was_asked_for)
{
    qp_model *m = transformer("");
    expect(m, "src_embed.weight", 9, 8);
    expect(m, "encoder.word_map.weight", 0, 0);
    expect(m, "encoder.norm.weight", 1, 8);
    expect(m, "encoder.layers.1.linear1.weight", 16, 8);
    expect(m, "encoder.segments.weight", 0, 0);
    expect(m, "encoder.positions.weight", 0, 0);
    expect(m, "encoder.layers.0.self_attn.in_proj_weight", 24, 8);
    runs(m);
    m = transformer("word_size=4");
    expect(m, "src_embed.weight", 9, 4);
    expect(m, "tgt_embed.weight", 9, 4);
    expect(m, "encoder.word_map.weight", 8, 4);
    expect(m, "encoder.word_map.bias", 0, 0);
    expect(m, "generator.word_map.weight", 4, 8);
    runs(m);
    m = transformer("word_size=4 word_map=sum pos=learned");
    expect(m, "encoder.word_map.bias", 1, 8);
    expect(m, "encoder.positions.weight", 12, 4);
    runs(m);
    m = transformer("pos=learned segments=2 embedding_norm=true");
    expect(m, "encoder.positions.weight", 12, 8);
    expect(m, "encoder.segments.weight", 2, 8);
    expect(m, "encoder.embedding_norm.weight", 1, 8);
    expect(m, "decoder.segments.weight", 0, 0);
    expect(m, "decoder.positions.weight", 12, 8);
    runs(m);
    m = transformer("final_norm=false");
    expect(m, "encoder.norm.weight", 0, 0);
    runs(m);
    m = transformer("layer_groups=1");
    expect(m, "encoder.layers.0.linear1.weight", 16, 8);
    expect(m, "encoder.layers.1.linear1.weight", 0, 0);
    runs(m);
}

/* Scores [9] after the last of `count` tokens, which the decoder reads after its first token. */
static void last_scores(const qp_model *model, const int32_t *token, int count, qp_real scores[9])
{
    int32_t id[8], start[] = {0, count + 1};
    for (int i = 0; i <= count; i++) id[i] = i < count ? token[i] : QP_EOS;
    const qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor all = qp_model_logits(model, tape, &batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    memcpy(scores, qp_tensor_row(all, count), 9 * sizeof *scores);
    qp_tape_free(tape);
}

static double largest_difference(const qp_real *a, const qp_real *b)
{
    double most = 0;
    for (int i = 0; i < 9; i++) {
        double d = (double)a[i] - (double)b[i];
        if (d < 0) d = -d;
        if (d > most) most = d;
    }
    return most;
}

/* A layer that sees three tokens gives them the same scores wherever they are in the text, but not in another order:
 * positions that are rotated into queries and keys, or added as biases of distances, are relative. */
Test(stack, only_distances_count)
{
    static const int32_t early[] = {4, 5, 6, 7}, late[] = {8, 8, 4, 5, 6, 7}, turned[] = {8, 8, 4, 6, 5, 7};
    static const char *const kinds[] = {
        "pos=rope",  "pos=rope kv_heads=1", "pos=rope rope_size=2", "pos=rope qk_norm=true",
        "pos=alibi", "pos=relative"};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char settings[200];
        qp_real a[9], b[9], c[9];
        snprintf(settings, sizeof settings, "task=lm encoder=none dec_layers=1 attention_window=3 init_gain=3 %s",
                 kinds[k]);
        qp_model *model = transformer(settings);
        last_scores(model, early, 4, a);
        last_scores(model, late, 6, b);
        last_scores(model, turned, 6, c);
        cr_expect_lt(largest_difference(a, b), 1e-4, "%s", kinds[k]);
        cr_expect_gt(largest_difference(b, c), 1e-3, "%s", kinds[k]);
        qp_model_free(model);
    }
}
