#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/model/model_check.h"

/* The variational form of an autoencoder. */

static const char *const setting[] = {"task=autoencode",      "encoder=gru", "decoder=gru", "attention=none",
                                      "context_feeding=true", "dropout=0",   "bottleneck=6"};
enum { SETTINGS = sizeof setting / sizeof *setting, SENTENCES = 5, WIDTH = 6 };

static qp_model *autoencoder(const char *more, const char *most)
{
    const char *all[SETTINGS + 2];
    memcpy(all, setting, sizeof setting);
    all[SETTINGS] = more;
    all[SETTINGS + 1] = most;
    return model_small(all, SETTINGS + 2);
}

static qp_batch copies(model_pairs *pairs)
{
    qp_batch batch = model_reversed_pairs(pairs, SENTENCES, 3);
    batch.target = batch.source;
    return batch;
}

static double loss_of(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_mode mode, uint64_t key)
{
    qp_tape_begin(tape, mode, key);
    qp_tensor loss = qp_model_loss(model, tape, batch, 0);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    return (double)loss.value[0];
}

Test(variational, training_draws_and_decoding_does_not)
{
    model_pairs pairs;
    qp_batch batch = copies(&pairs);
    qp_model *model = autoencoder("variational=true", NULL);
    qp_tape *tape = qp_tape_new();
    cr_expect_neq(loss_of(model, tape, &batch, QP_TRAIN, 1), loss_of(model, tape, &batch, QP_TRAIN, 2));
    cr_expect_eq(loss_of(model, tape, &batch, QP_TRAIN, 1), loss_of(model, tape, &batch, QP_TRAIN, 1));
    cr_expect_eq(loss_of(model, tape, &batch, QP_INFER, 1), loss_of(model, tape, &batch, QP_INFER, 2));
    static const qp_real none[SENTENCES * WIDTH];
    batch.noise = none;
    batch.noise_columns = WIDTH;
    cr_expect_float_eq(loss_of(model, tape, &batch, QP_TRAIN, 1), loss_of(model, tape, &batch, QP_INFER, 1), 1e-4);
    batch.noise_columns = WIDTH + 1;
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_model_loss(model, tape, &batch, 0);
    cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(variational, the_loss_is_the_words_and_the_weighed_divergence)
{
    model_pairs pairs;
    qp_batch batch = copies(&pairs);
    qp_tape *tape = qp_tape_new();
    for (int k = 0; k < 2; k++) {
        qp_model *model = autoencoder("variational=true", k ? "kl_weight=0.5" : "kl_weight=2");
        double loss = loss_of(model, tape, &batch, QP_TRAIN, 7);
        qp_tape_begin(tape, QP_TRAIN, 7);
        qp_model_parts parts = qp_model_loss_parts(model, tape, &batch, 0);
        cr_expect_gt(parts.divergence.value[0], 0);
        cr_expect_float_eq(loss, (double)parts.words.value[0] + (k ? 0.5 : 2) * (double)parts.divergence.value[0],
                           1e-4);
        qp_model_free(model);
    }
    qp_model *plain = autoencoder(NULL, NULL);
    qp_tape_begin(tape, QP_TRAIN, 7);
    cr_expect_null(qp_model_loss_parts(plain, tape, &batch, 0).divergence.value);
    qp_model_free(plain);
    qp_tape_free(tape);
}

/* Other vectors make other scores; those of other widths are refused. */
Test(variational, a_decode_may_begin_from_vectors)
{
    static const int32_t start[] = {0, 4}, id[] = {5, 7, 6, QP_EOS}, first[] = {QP_BOS};
    qp_model *model = autoencoder("variational=true", NULL);
    qp_tape *tape = qp_tape_new();
    qp_state *state;
    qp_real codes[2][WIDTH] = {{0}, {(qp_real)0.5, -1, 1}}, scores[3][MODEL_VOCABULARY];
    for (int k = 0; k < 3; k++) {
        qp_tape_begin(tape, QP_INFER, 0);
        qp_status status = k < 2 ? qp_model_start_code(model, tape, qp_tensor_of(1, WIDTH, codes[k]), &state)
                                 : qp_model_start(model, tape, (qp_ids){{.count = 1, .start = start}, id}, &state);
        cr_assert_eq(status, QP_OK, "%s", qp_error_message());
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor y = qp_model_step(model, tape, first, state, NULL);
        memcpy(scores[k], y.value, sizeof scores[k]);
        qp_state_free(state);
    }
    cr_expect_neq(memcmp(scores[0], scores[1], sizeof scores[0]), 0);
    cr_expect_neq(memcmp(scores[0], scores[2], sizeof scores[0]), 0);
    qp_real other[WIDTH + 1] = {0};
    qp_tape_begin(tape, QP_INFER, 0);
    state = (qp_state *)&tape;
    cr_expect_eq(qp_model_start_code(model, tape, qp_tensor_of(1, WIDTH + 1, other), &state), QP_EUSAGE);
    cr_expect_null(state);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(variational, copies_are_learned)
{
    model_pairs pairs;
    qp_batch batch = copies(&pairs);
    qp_model *model = autoencoder("variational=true", "kl_weight=0.01");
    double loss = model_train(model, &batch, 250, 0.01);
    cr_expect_lt(loss, 0.2, "loss %g", loss);
    qp_model_free(model);
}
