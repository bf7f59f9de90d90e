#include "tests/model/model_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/nn/statistic.h"
#include "lib/tensor/pointwise.h"

const char *const model_encoders[MODEL_ENCODERS][2] = {
    {"encoder=transformer"},
    {"encoder=rnn"},
    {"encoder=lstm"},
    {"encoder=gru"},
    {"encoder=rnn", "bidirectional=true"},
    {"encoder=lstm", "bidirectional=true"},
    {"encoder=gru", "bidirectional=true"},
};
const char *const model_decoders[MODEL_DECODERS] = {"decoder=transformer", "decoder=rnn", "decoder=lstm",
                                                    "decoder=gru"};

/* Sequences of 1 .. MODEL_LONGEST-1 symbols and their reverse, both with EOS. */
qp_batch model_reversed_pairs(model_pairs *p, int count, uint64_t key)
{
    int row = 0;
    for (int i = 0; i < count; i++) {
        p->source_start[i] = p->target_start[i] = row;
        int length = 1 + (int)qp_random_below(key, (uint64_t)(1000 + i), MODEL_LONGEST - 1);
        for (int j = 0; j < length; j++) {
            int32_t id = (int32_t)(QP_SPECIAL_COUNT +
                                   qp_random_below(key, (uint64_t)(row + j), MODEL_VOCABULARY - QP_SPECIAL_COUNT));
            p->source_id[row + j] = id;
            p->target_id[row + length - 1 - j] = id;
        }
        row += length;
        p->source_id[row] = p->target_id[row] = QP_EOS;
        row++;
    }
    p->source_start[count] = p->target_start[count] = row;
    return (qp_batch){.source = {{count, p->source_start, NULL}, p->source_id},
                      .target = {{count, p->target_start, NULL}, p->target_id}};
}

qp_model *model_small(const char *const *setting, int settings)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.emb_size = 32;
    config.ff_size = 48;
    config.heads = 4;
    config.enc_layers = config.dec_layers = 2;
    config.max_length = 24;
    config.dropout = 0;
    config.src_vocab_size = config.tgt_vocab_size = MODEL_VOCABULARY;
    for (int i = 0; i < settings; i++) {
        char key[40];
        if (!setting[i]) continue;
        const char *equals = strchr(setting[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - setting[i]), setting[i]);
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), &config, key, equals + 1), QP_OK);
    }
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s", qp_error_message());
    return model;
}

/* Tokens read together, in two parts, give the scores of teacher forcing. */
static void compare_read(const qp_model *model, qp_tape *tape, const model_pairs *p, const qp_batch *batch,
                         qp_tensor logits, qp_real tolerance, const char *what)
{
    qp_state *state;
    int32_t input[64] = {QP_BOS}, last_source = 5;
    const int first = p->target_start[last_source], count = p->target_start[last_source + 1] - first;
    for (int i = 1; i < count; i++) input[i] = p->target_id[first + i - 1];
    qp_tape_begin(tape, QP_INFER, 0);
    cr_assert_eq(qp_model_start(model, tape, batch->source, &state), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_state_reorder(state, &last_source, 1), QP_OK);
    for (int at = 0, tokens = count / 2; tokens > 0; at += tokens, tokens = count - at) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor next = qp_model_read(model, tape, input + at, tokens, state);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        for (int c = 0; c < MODEL_VOCABULARY; c++)
            cr_assert_float_eq(qp_tensor_row(next, 0)[c], qp_tensor_row(logits, first + at + tokens - 1)[c], tolerance,
                               "%s, read", what);
    }
    qp_state_free(state);
}

void model_check_stepping(qp_model *model, bool packed, const char *what)
{
    const qp_real tolerance = sizeof(qp_real) == 4 ? (qp_real)2e-5 : (qp_real)1e-12;
    model_pairs p;
    qp_batch batch = model_reversed_pairs(&p, 6, 9);
    qp_tape *full = qp_tape_new(), *tape = qp_tape_new();
    if (packed) cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    qp_tape_begin(full, QP_INFER, 0);
    qp_tensor logits = qp_model_logits(model, full, &batch, NULL);
    cr_assert_eq(qp_tape_status(full), QP_OK, "%s", qp_tape_message(full));
    qp_state *state;
    qp_tape_begin(tape, QP_INFER, 0);
    cr_assert_eq(qp_model_start(model, tape, batch.source, &state), QP_OK, "%s", qp_error_message());
    int32_t alive[MODEL_SENTENCES], keep[MODEL_SENTENCES], last[MODEL_SENTENCES];
    int rows = 6;
    for (int i = 0; i < rows; i++) alive[i] = i;
    for (int time = 0; rows > 0; time++) {
        for (int i = 0; i < rows; i++) last[i] = time == 0 ? QP_BOS : p.target_id[p.target_start[alive[i]] + time - 1];
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor next = qp_model_step(model, tape, last, state, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        int kept = 0;
        for (int i = 0; i < rows; i++) {
            int row = p.target_start[alive[i]] + time;
            for (int c = 0; c < MODEL_VOCABULARY; c++)
                cr_assert_float_eq(qp_tensor_row(next, i)[c], qp_tensor_row(logits, row)[c], tolerance, "%s", what);
            if (row + 1 < p.target_start[alive[i] + 1]) {
                keep[kept] = i;
                alive[kept++] = alive[i];
            }
        }
        cr_assert_eq(qp_state_reorder(state, keep, kept), QP_OK);
        rows = kept;
    }
    qp_state_free(state);
    compare_read(model, tape, &p, &batch, logits, tolerance, what);
    qp_tape_free(full);
    qp_tape_free(tape);
}

double model_gradient(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_gradient *gradient, uint64_t key)
{
    qp_params *params = qp_model_params(model);
    int tokens = batch->target.sequences.start[batch->target.sequences.count];
    qp_gradient_begin(gradient, params);
    qp_tape_begin(tape, QP_TRAIN, key);
    qp_tape_bind(tape, gradient->node);
    qp_tape_expect_scale(tape, (qp_real)1 / (qp_real)tokens);
    qp_tensor loss = qp_model_loss(model, tape, batch, 0);
    cr_assert_eq(qp_tape_backward(tape, loss, (qp_real)1 / (qp_real)tokens), QP_OK, "%s", qp_tape_message(tape));
    qp_gradient_finish(gradient, params);
    return (double)loss.value[0] / tokens;
}

void model_learner_begin(model_learner *learner, qp_model *model)
{
    qp_params *params = qp_model_params(model);
    *learner = (model_learner){
        .model = model, .tape = qp_tape_new(), .moments = calloc(2 * qp_params_size(params), sizeof(qp_real))};
    cr_assert_eq(qp_gradient_init(&learner->gradient, params), QP_OK);
}

static bool is_frozen(const void *self, const char *name) { return self && name; }

/* Statistics follow what was seen; they have no gradient. */
static void follow_statistics(qp_params *params, qp_real *gradient)
{
    const qp_real *block = gradient;
    qp_statistic_follow(params, &block, 1, is_frozen, NULL, NULL);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (p->keep > 0) memset(gradient + p->offset, 0, (size_t)p->rows * (size_t)p->columns * sizeof *gradient);
    }
}

double model_learner_step(model_learner *learner, const qp_batch *batch, double rate)
{
    qp_params *params = qp_model_params(learner->model);
    size_t size = qp_params_size(params);
    int step = ++learner->step;
    double loss = model_gradient(learner->model, learner->tape, batch, &learner->gradient, (uint64_t)step);
    follow_statistics(params, learner->gradient.block);
    qp_adam_constants c = {(qp_real)0.9, (qp_real)0.98, (qp_real)1e-8, 0, 0, 0, 1};
    c.rate = (qp_real)(rate / (1 - pow(0.9, step)));
    c.v_scale = (qp_real)(1 / sqrt(1 - pow(0.98, step)));
    qp_adam_update(size, &c, learner->gradient.block, learner->moments, learner->moments + size,
                   qp_params_block(params));
    return loss;
}

void model_learner_end(model_learner *learner)
{
    qp_tape_free(learner->tape);
    free(learner->moments);
    qp_gradient_free(&learner->gradient);
}

double model_train(qp_model *model, const qp_batch *batch, int steps, double rate)
{
    model_learner learner;
    double loss = 0;
    model_learner_begin(&learner, model);
    for (int step = 0; step < steps; step++) loss = model_learner_step(&learner, batch, rate);
    model_learner_end(&learner);
    return loss;
}

void model_check_noise(const qp_model *model)
{
    static const uint64_t key[] = {0, 1, 1, 3};
    model_pairs p;
    qp_batch batch = model_reversed_pairs(&p, 5, 4);
    qp_tape *tape = qp_tape_new();
    double loss[4];
    for (int i = 0; i < 4; i++) {
        qp_tape_begin(tape, i < 3 ? QP_TRAIN : QP_INFER, key[i]);
        loss[i] = (double)qp_model_loss(model, tape, &batch, 0).value[0];
    }
    cr_expect_neq(loss[0], loss[1]);
    cr_expect_eq(loss[1], loss[2]);
    cr_expect_neq(loss[0], loss[3]);
    qp_tape_free(tape);
}
