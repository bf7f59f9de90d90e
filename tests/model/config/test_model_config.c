#include <math.h>

#include "tests/model/config/config_rows.h"

Test(model_config, sizes_that_follow)
{
    static const struct {
        const char *settings;
        int head, word, hidden, source, encoder, outputs, carry;
    } row[] = {
        {"emb_size=24 heads=4", 6, 24, 24, 24, 24, 10, 0},
        {"emb_size=24 heads=4 head_size=5 word_size=7", 5, 7, 24, 24, 24, 10, 0},
        {"emb_size=24 heads=4 encoder=gru hidden_size=9", 6, 24, 9, 24, 9, 10, 0},
        {"emb_size=24 heads=4 encoder=gru hidden_size=9 bidirectional=true", 6, 24, 9, 24, 18, 10, 0},
        {"emb_size=24 heads=4 encoder=gru bidirectional=true direction_merge=sum", 6, 24, 24, 24, 24, 10, 0},
        {"emb_size=24 heads=4 bidirectional=true", 6, 24, 24, 24, 24, 10, 0},
        {"task=classify emb_size=24 heads=4 encoder=text-cnn hidden_size=9", 6, 24, 9, 24, 27, 3, 0},
        {"task=classify emb_size=24 heads=4 encoder=bag", 6, 24, 24, 3, 3, 3, 0},
        {"task=classify emb_size=24 heads=4 encoder=bag hidden_size=9", 6, 24, 9, 9, 9, 3, 0},
        {"task=tag emb_size=24 heads=4", 6, 24, 24, 24, 24, 3, 0},
        {"task=mlm emb_size=24 heads=4 src_vocab_size=12", 6, 24, 24, 24, 24, 12, 0},
        {"task=match emb_size=24 heads=4", 6, 24, 24, 24, 24, 24, 0},
        {"task=match emb_size=24 heads=4 vector_size=5", 6, 24, 24, 24, 24, 5, 0},
        {"task=autoencode emb_size=24 heads=4", 6, 24, 24, 24, 24, 10, 0},
        {"task=autoencode emb_size=24 heads=4 bottleneck=7", 6, 24, 24, 24, 7, 10, 0},
        {"task=regress emb_size=24 heads=4 horizon=5", 6, 24, 24, 24, 24, 5, 0},
        {"task=regress emb_size=24 heads=4 horizon=5 loss=quantile", 6, 24, 24, 24, 24, 15, 0},
        {"task=regress emb_size=24 heads=4 horizon=5 loss=quantile quantiles=0.2,0.8", 6, 24, 24, 24, 24, 10, 0},
        {"task=lm encoder=none decoder=gru dec_layers=2 hidden_size=9 emb_size=24 heads=4", 6, 24, 9, 24, 24, 10, 18},
        {"task=lm encoder=none decoder=lstm dec_layers=2 hidden_size=9 emb_size=24 heads=4", 6, 24, 9, 24, 24, 10, 36},
        {"task=lm encoder=none emb_size=24 heads=4", 6, 24, 24, 24, 24, 10, 0},
        {"encoder=gru decoder=gru emb_size=24 heads=4", 6, 24, 24, 24, 24, 10, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_model_config c = config_written(row[i].settings);
        const char *s = row[i].settings;
        cr_expect_eq(qp_model_head_size(&c), row[i].head, "%s", s);
        cr_expect_eq(qp_model_word_size(&c), row[i].word, "%s", s);
        cr_expect_eq(qp_model_hidden_size(&c), row[i].hidden, "%s", s);
        cr_expect_eq(qp_model_source_width(&c), row[i].source, "%s", s);
        cr_expect_eq(qp_model_encoder_width(&c), row[i].encoder, "%s", s);
        cr_expect_eq(qp_model_outputs(&c), row[i].outputs, "%s", s);
        cr_expect_eq(qp_model_carry_width(&c), row[i].carry, "%s", s);
    }
}

Test(model_config, layers_with_a_window)
{
    static const int pattern[] = {1, 0, 0, 1, 0, 0, 1};
    qp_model_config c = config_written("attention_window=4"),
                    some = config_written("attention_window=4 window_layers=100");
    for (int i = 0; i < 7; i++) {
        cr_expect(qp_model_has_window(&c, i), "without a pattern every layer has one");
        cr_expect_eq(qp_model_has_window(&some, i), pattern[i], "layer %d", i);
    }
}

Test(model_config, choices_left_to_the_task)
{
    double quantile[QP_QUANTILES_MAX];
    qp_model_config c = config_written("task=regress loss=quantile");
    cr_expect(qp_model_quantiles(&c, quantile) == 3 && quantile[0] == 0.1 && quantile[1] == 0.5 && quantile[2] == 0.9);
    c = config_written("task=regress loss=quantile quantiles=0.25,0.75");
    cr_expect(qp_model_quantiles(&c, quantile) == 2 && quantile[1] == 0.75);
    c = config_written("task=regress loss=mse");
    cr_expect_eq(qp_model_quantiles(&c, quantile), 0, "another loss has none");
    c = config_written("encoder=gru");
    cr_expect_eq(qp_model_pooling(&c), QP_POOLING_LAST);
    c = config_written("encoder=text-cnn");
    cr_expect_eq(qp_model_pooling(&c), QP_POOLING_MAX);
    c = config_written("");
    cr_expect_eq(qp_model_pooling(&c), QP_POOLING_MEAN);
    c = config_written("encoder=gru pooling=max");
    cr_expect_eq(qp_model_pooling(&c), QP_POOLING_MAX);
    cr_expect(qp_model_switch(QP_SWITCH_AUTO, 7) && !qp_model_switch(QP_SWITCH_AUTO, 0));
    cr_expect(qp_model_switch(QP_SWITCH_ON, 0) && !qp_model_switch(QP_SWITCH_OFF, 1));
    cr_expect(qp_model_reads_numbers(&(qp_model_config){.task = QP_TASK_REGRESS}));
    cr_expect(qp_model_reads_numbers(&(qp_model_config){.task = QP_TASK_CLASSIFY, .features = 1}));
    cr_expect_not(qp_model_reads_numbers(&(qp_model_config){.task = QP_TASK_CLASSIFY}));
}

Test(model_config, first_weights)
{
    qp_model_config c = config_written("init_gain=3");
    cr_expect(qp_model_weight_init(&c, 0).kind == QP_INIT_XAVIER_UNIFORM && qp_model_weight_init(&c, 0).gain == 3);
    cr_expect_eq(qp_model_weight_init(&c, 16).kind, QP_INIT_UNIFORM);
    cr_expect_float_eq(qp_model_weight_init(&c, 16).gain, 3 / sqrt(16), 1e-12);
    c = config_written("init_gain=3 init=normal");
    cr_expect(qp_model_weight_init(&c, 16).kind == QP_INIT_NORMAL && qp_model_weight_init(&c, 16).gain == 3);
}

static bool only(const void *self, const char *name) { return self && strcmp(self, name) == 0; }

/* What a task brings along, unless it was given. */
Test(model_config, a_task_completes_itself)
{
    qp_model_config c = config_written("task=lm");
    qp_model_config_complete(&c, only, NULL);
    cr_expect(c.encoder == QP_KIND_NONE && c.decoder == QP_KIND_TRANSFORMER);
    c = config_written("task=lm");
    qp_model_config_complete(&c, only, "encoder");
    cr_expect_eq(c.encoder, QP_KIND_TRANSFORMER);
    c = config_written("task=classify");
    qp_model_config_complete(&c, only, NULL);
    cr_expect(c.encoder == QP_KIND_TRANSFORMER && c.decoder == QP_KIND_NONE && c.max_length == 512);
    c = config_written("task=classify");
    qp_model_config_complete(&c, only, "decoder");
    cr_expect_eq(c.decoder, QP_KIND_TRANSFORMER);
    c = config_written("task=classify encoder=bag");
    qp_model_config_complete(&c, only, NULL);
    cr_expect_eq(c.max_length, 1048576, "no positions");
    c = config_written("task=classify encoder=bag max_length=9");
    qp_model_config_complete(&c, only, "max_length");
    cr_expect_eq(c.max_length, 9);
    c = config_written("task=autoencode encoder=gru decoder=gru");
    qp_model_config_complete(&c, only, NULL);
    cr_expect(c.attention == QP_ATTEND_NONE && c.context_feeding, "the vector is fed, not attended to");
    c = config_written("task=autoencode encoder=gru decoder=gru");
    qp_model_config_complete(&c, only, "attention");
    cr_expect(c.attention == QP_ATTEND_BAHDANAU && !c.context_feeding);
    c = config_written("task=autoencode encoder=gru decoder=gru input_feeding=true");
    qp_model_config_complete(&c, only, NULL);
    cr_expect_eq(c.attention, QP_ATTEND_BAHDANAU);
    c = config_written("task=autoencode");
    qp_model_config_complete(&c, only, NULL);
    cr_expect(c.attention == QP_ATTEND_BAHDANAU && !c.context_feeding, "a transformer attends to it");
    c = config_written("encoder=gru decoder=gru");
    qp_model_config_complete(&c, only, NULL);
    cr_expect(c.attention == QP_ATTEND_BAHDANAU && !c.context_feeding);
}
