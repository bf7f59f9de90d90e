#include <criterion/criterion.h>
#include <string.h>

#include "lib/model/model_cost.h"

static const qp_module_cost *row(const qp_model_cost *cost, const char *name)
{
    for (int i = 0; i < cost->count; i++)
        if (strcmp(cost->module[i].name, name) == 0) return &cost->module[i];
    cr_assert(false, "no row %s", name);
    return NULL;
}

static qp_model *make(void (*change)(qp_model_config *c))
{
    qp_model_config c;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &c);
    c.emb_size = 16;
    c.ff_size = 64;
    c.heads = 2;
    c.src_vocab_size = 40;
    c.tgt_vocab_size = 50;
    change(&c);
    cr_assert_eq(qp_model_new_blank(&c, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static void transformer(qp_model_config *c) { c->enc_layers = 3, c->dec_layers = 2, c->segments = 2; }

Test(model_cost, a_transformers_rows_by_hand)
{
    qp_model *model = make(transformer);
    qp_model_cost cost;
    cr_assert_eq(qp_model_cost_of(model, 10, 20, &cost), QP_OK);
    cr_assert_eq(cost.weights, qp_params_elements(qp_model_params(model)));
    const qp_module_cost *m = row(&cost, "encoder.layers.0-2.linear1");
    cr_assert_eq(m->copies, 3);
    cr_assert(m->rows == 64 && m->columns == 16);
    cr_assert_eq(m->weights, (size_t)3 * (64 * 16 + 64));
    cr_assert_float_eq(m->forward, 3 * 2.0 * 64 * 16, 0.5);
    cr_assert_eq(row(&cost, "src_embed")->forward, 0, "looking up is free");
    cr_assert_eq(row(&cost, "encoder.segments")->forward, 0, "segments are looked up, too");
    cr_assert_float_eq(row(&cost, "tgt_embed")->forward, 2.0 * 50 * 16, 0.5, "the tied output layer is not");
    cr_assert_float_eq(row(&cost, "decoder.layers.0-1.multihead_attn.kv_proj")->forward, 2 * 2.0 * 32 * 16 * 0.5, 0.5,
                       "once a source token");
    cr_assert_float_eq(row(&cost, "encoder: self-attention")->forward, 3 * 4.0 * 16 * 10, 0.5);
    cr_assert_float_eq(row(&cost, "decoder: self-attention")->forward, 2 * 2.0 * 16 * 21, 0.5, "half of it is hidden");
    cr_assert_float_eq(row(&cost, "decoder: attention to the source")->forward, 2 * 4.0 * 16 * 10, 0.5);
    double source = 0, target = 0;
    for (int i = 0; i < cost.count; i++)
        *(strncmp(cost.module[i].name, "encoder", 7) == 0 ? &source : &target) += cost.module[i].forward;
    cr_assert_float_eq(cost.forward, target + source / 2, 0.5);
    qp_model_cost_free(&cost);
    qp_model_free(model);
}

static void recurrent(qp_model_config *c)
{
    c->task = QP_TASK_TAG;
    c->encoder = QP_KIND_LSTM;
    c->decoder = QP_KIND_NONE;
    c->enc_layers = 1;
    c->labels = 7;
}

Test(model_cost, a_tagger_is_counted_by_its_own_tokens)
{
    qp_model *model = make(recurrent);
    qp_model_cost cost;
    cr_assert_eq(qp_model_cost_of(model, 10, 10, &cost), QP_OK);
    cr_assert_eq(cost.weights, qp_params_elements(qp_model_params(model)));
    cr_assert_float_eq(cost.forward, 2.0 * (2 * 64 * 16 + 7 * 16), 0.5);
    qp_model_cost_free(&cost);
    qp_model_free(model);
}
