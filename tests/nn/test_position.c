#include <criterion/criterion.h>
#include <math.h>

#include "lib/model/model.h"

/* Every kind of positions: a decode one token at a time says what the whole pass says, and the order of the tokens
 * matters. */

enum { TOKENS = 6, VOCABULARY = 9 };

static const int32_t source_id[] = {4, 5, 6, 7, QP_EOS}, source_start[] = {0, 5};
static const int32_t target_id[TOKENS] = {5, 4, 8, 4, 7, QP_EOS}, target_start[] = {0, TOKENS};

static qp_model *model_of(int pos, bool translates, int kv_heads)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = translates ? QP_TASK_TRANSLATE : QP_TASK_LM;
    config.encoder = translates ? QP_KIND_TRANSFORMER : QP_KIND_NONE;
    config.enc_layers = config.dec_layers = 2;
    config.emb_size = 16;
    config.ff_size = 24;
    config.heads = 4;
    config.kv_heads = kv_heads;
    config.pos = pos;
    config.max_length = 16;
    config.dropout = 0;
    config.init_gain = 2;
    config.src_vocab_size = config.tgt_vocab_size = VOCABULARY;
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 5, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static void stepping_equals_the_whole(int pos, bool translates, int kv_heads)
{
    qp_model *model = model_of(pos, translates, kv_heads);
    qp_tape *whole = qp_tape_new(), *step = qp_tape_new();
    qp_batch batch = {.target = {{.count = 1, .start = target_start}, target_id}};
    if (translates) batch.source = (qp_ids){{.count = 1, .start = source_start}, source_id};
    qp_tape_begin(whole, QP_INFER, 0);
    qp_tensor all = qp_model_logits(model, whole, &batch, NULL);
    cr_assert_eq(qp_tape_status(whole), QP_OK, "%s", qp_tape_message(whole));
    qp_ids source = translates ? batch.source : (qp_ids){{.count = 1, .start = target_start}, target_id};
    qp_state *state;
    qp_tape_begin(step, QP_INFER, 0);
    cr_assert_eq(qp_model_start(model, step, source, &state), QP_OK, "%s", qp_error_message());
    for (int t = 0; t < TOKENS; t++) {
        const int32_t last = t == 0 ? QP_BOS : target_id[t - 1];
        qp_tape_begin(step, QP_INFER, 0);
        qp_tensor scores = qp_model_step(model, step, &last, state, NULL);
        cr_assert_eq(qp_tape_status(step), QP_OK, "%s", qp_tape_message(step));
        for (int v = 0; v < VOCABULARY; v++)
            cr_assert(fabs((double)scores.value[v] - (double)qp_tensor_row(all, t)[v]) < 2e-4,
                      "positions %d, token %d, score %d: %g alone, %g in the whole", pos, t, v, (double)scores.value[v],
                      (double)qp_tensor_row(all, t)[v]);
    }
    qp_state_free(state);
    qp_tape_free(whole);
    qp_tape_free(step);
    qp_model_free(model);
}

Test(position, stepping_equals_the_whole_pass)
{
    for (int pos = QP_POS_NONE; pos <= QP_POS_RELATIVE; pos++)
        for (int translates = 0; translates < 2; translates++) {
            stepping_equals_the_whole(pos, translates != 0, 0);
            stepping_equals_the_whole(pos, translates != 0, 2);
        }
}

/* Scores of the last token when two earlier ones change places. */
static double change_by_order(int pos)
{
    static const int32_t one[] = {4, 5, 6, 7}, other[] = {5, 4, 6, 7}, start[] = {0, 4};
    qp_model *model = model_of(pos, false, 0);
    qp_params *params = qp_model_params(model);
    int table = qp_params_find(params, "decoder.relative.weight"); /* begins small */
    for (int i = 0; table >= 0 && i < 32 * 4; i++) qp_params_value(params, table)[i] *= 50;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    double change = 0;
    qp_batch a = {.target = {{.count = 1, .start = start}, one}, .input = one}, b = a;
    b.input = other;
    qp_tensor x = qp_model_logits(model, tape, &a, NULL), y = qp_model_logits(model, tape, &b, NULL);
    for (int v = 0; v < VOCABULARY; v++)
        change = fmax(change, fabs((double)qp_tensor_row(x, 3)[v] - (double)qp_tensor_row(y, 3)[v]));
    qp_tape_free(tape);
    qp_model_free(model);
    return change;
}

/* (Two layers under a causal mask know a little of the order without positions; each kind knows more.) */
Test(position, the_order_of_the_tokens_matters)
{
    for (int pos = QP_POS_SINUSOIDAL; pos <= QP_POS_RELATIVE; pos++)
        cr_expect_gt(change_by_order(pos), 0.01, "positions %d: %g", pos, change_by_order(pos));
}

Test(position, heads_of_an_odd_width_cannot_turn)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.emb_size = 12;
    config.heads = 4;
    config.pos = QP_POS_ROPE;
    cr_expect_eq(qp_model_config_check(&config), QP_EUSAGE);
    config.heads = 3;
    cr_expect_eq(qp_model_config_check(&config), QP_OK);
}
