#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "lib/model/model.h"
#include "lib/model/model_file.h"
#include "lib/tensor/pointwise.h"

enum { SENTENCES = 32, LONGEST = 7, VOCABULARY = 12 };

typedef struct {
    int32_t source_start[SENTENCES + 1], target_start[SENTENCES + 1];
    int32_t source_id[SENTENCES * LONGEST], target_id[SENTENCES * LONGEST];
} pairs;

/* Sequences of 1 .. LONGEST-1 symbols and their reverse, both with EOS. */
static qp_batch reversed_pairs(pairs *p, int count, uint64_t key)
{
    int row = 0;
    for (int i = 0; i < count; i++) {
        p->source_start[i] = p->target_start[i] = row;
        int length = 1 + (int)qp_random_below(key, (uint64_t)(1000 + i), LONGEST - 1);
        for (int j = 0; j < length; j++) {
            int32_t id = (int32_t)(QP_SPECIAL_COUNT + qp_random_below(key, (uint64_t)(row + j), VOCABULARY - QP_SPECIAL_COUNT));
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

static qp_model *small_model(const char *const *setting, int settings)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.emb_size = 32;
    config.ff_size = 48;
    config.heads = 4;
    config.enc_layers = config.dec_layers = 2;
    config.max_length = 24;
    config.dropout = 0;
    config.src_vocab_size = config.tgt_vocab_size = VOCABULARY;
    for (int i = 0; i < settings; i++) {
        char key[40];
        const char *equals = strchr(setting[i], '=');
        snprintf(key, sizeof key, "%.*s", (int)(equals - setting[i]), setting[i]);
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), &config, key, equals + 1), QP_OK);
    }
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static const char *const variants[][4] = {
    {"norm=pre"},
    {"norm=post", "activation=gelu"},
    {"norm_type=rms", "bias=false", "gated_ff=true", "activation=silu"},
    {"pos=learned", "kv_heads=2", "tied_embeddings=false"},
    {"tied_embeddings_all=true", "final_norm=false"},
    {"encoder=none", "task=lm"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static qp_model *variant_model(int v)
{
    int settings = 0;
    while (settings < 4 && variants[v][settings]) settings++;
    return small_model(variants[v], settings);
}

/* Stepping through the targets with the caches gives the rows of the full pass. */
static void check_stepping(int v, qp_real tolerance)
{
    qp_model *model = variant_model(v);
    pairs p;
    qp_batch batch = reversed_pairs(&p, 6, 9);
    qp_tape *full = qp_tape_new(), *tape = qp_tape_new();
    if (v % 2) cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    qp_tape_begin(full, QP_INFER, 0);
    qp_tensor logits = qp_model_logits(model, full, &batch, NULL);
    cr_assert_eq(qp_tape_status(full), QP_OK, "%s", qp_tape_message(full));
    qp_state *state;
    qp_tape_begin(tape, QP_INFER, 0);
    cr_assert_eq(qp_model_start(model, tape, batch.source, &state), QP_OK, "%s", qp_error_message());
    int32_t alive[SENTENCES], keep[SENTENCES], last[SENTENCES];
    int rows = 6;
    for (int i = 0; i < rows; i++) alive[i] = i;
    for (int time = 0; rows > 0; time++) {
        for (int i = 0; i < rows; i++) last[i] = time == 0 ? QP_BOS : p.target_id[p.target_start[alive[i]] + time - 1];
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor next = qp_model_step(model, tape, last, state);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        int kept = 0;
        for (int i = 0; i < rows; i++) {
            int row = p.target_start[alive[i]] + time;
            for (int c = 0; c < VOCABULARY; c++)
                cr_assert_float_eq(qp_tensor_row(next, i)[c], qp_tensor_row(logits, row)[c], tolerance, "variant %d", v);
            if (row + 1 < p.target_start[alive[i] + 1]) {
                keep[kept] = i;
                alive[kept++] = alive[i];
            }
        }
        cr_assert_eq(qp_state_reorder(state, keep, kept), QP_OK);
        rows = kept;
    }
    qp_state_free(state);
    qp_tape_free(full);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(model, cached_stepping_equals_the_full_pass)
{
    for (int v = 0; v < VARIANTS; v++) check_stepping(v, sizeof(qp_real) == 4 ? (qp_real)2e-5 : (qp_real)1e-12);
}

/* One update of plain Adam; returns the loss per token. */
static double train_step(qp_model *model, qp_tape *tape, qp_gradient *gradient, qp_real *moments, int step, const qp_batch *batch)
{
    qp_params *params = qp_model_params(model);
    size_t size = qp_params_size(params);
    int tokens = batch->target.sequences.start[batch->target.sequences.count];
    qp_gradient_begin(gradient, params);
    qp_tape_begin(tape, QP_TRAIN, (uint64_t)step);
    qp_tape_bind(tape, gradient->node);
    qp_tensor loss = qp_model_loss(model, tape, batch, 0);
    cr_assert_eq(qp_tape_backward(tape, loss, (qp_real)1 / (qp_real)tokens), QP_OK, "%s", qp_tape_message(tape));
    qp_gradient_finish(gradient, params);
    qp_adam_constants c = {(qp_real)0.9, (qp_real)0.98, (qp_real)1e-8, 0, 0, 0, 1};
    c.rate = (qp_real)(0.003 / (1 - pow(0.9, step)));
    c.v_scale = (qp_real)(1 / sqrt(1 - pow(0.98, step)));
    qp_adam_update(size, &c, gradient->block, moments, moments + size, qp_params_block(params));
    return (double)loss.value[0] / tokens;
}

static double train(qp_model *model, const qp_batch *batch, int steps)
{
    qp_params *params = qp_model_params(model);
    qp_gradient gradient;
    cr_assert_eq(qp_gradient_init(&gradient, params), QP_OK);
    qp_real *moments = calloc(2 * qp_params_size(params), sizeof *moments);
    qp_tape *tape = qp_tape_new();
    double loss = 0;
    for (int step = 1; step <= steps; step++) loss = train_step(model, tape, &gradient, moments, step, batch);
    qp_tape_free(tape);
    free(moments);
    qp_gradient_free(&gradient);
    return loss;
}

Test(model, overfits_32_reversed_sequences)
{
    for (int v = 0; v < VARIANTS - 1; v++) {
        pairs p;
        qp_batch batch = reversed_pairs(&p, SENTENCES, 5);
        qp_model *model = variant_model(v);
        double loss = train(model, &batch, 250);
        cr_expect_lt(loss, 0.02, "variant %d: %g nats a token", v, loss);
        qp_model_free(model);
    }
}

Test(model, dropout_changes_training_and_not_inference)
{
    const char *setting[] = {"dropout=0.3", "attention_dropout=0.2", "ff_dropout=0.1"};
    qp_model *model = small_model(setting, 3);
    pairs p;
    qp_batch batch = reversed_pairs(&p, 5, 4);
    qp_tape *tape = qp_tape_new();
    double loss[4];
    for (int i = 0; i < 4; i++) {
        qp_tape_begin(tape, i < 3 ? QP_TRAIN : QP_INFER, i == 2 ? 1 : (uint64_t)i);
        loss[i] = (double)qp_model_loss(model, tape, &batch, 0).value[0];
    }
    cr_assert_neq(loss[0], loss[1]);
    cr_assert_eq(loss[1], loss[2]);
    cr_assert_neq(loss[0], loss[3]);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(model, file_gives_back_the_same_logits_and_texts)
{
    char path[] = "/tmp/quipu-test-model-XXXXXX";
    close(mkstemp(path));
    qp_model *model = variant_model(3);
    cr_assert_eq(qp_model_file_save(path, model, "{\"source\": 1}", NULL), QP_OK, "%s", qp_error_message());
    qp_model_bundle bundle;
    cr_assert_eq(qp_model_file_load(path, &bundle), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(bundle.source_tokenizer, "{\"source\": 1}");
    cr_assert_null(bundle.target_tokenizer);
    qp_params *a = qp_model_params(model), *b = qp_model_params(bundle.model);
    cr_assert_eq(qp_params_size(a), qp_params_size(b));
    cr_assert_eq(memcmp(qp_params_block(a), qp_params_block(b), qp_params_size(a) * sizeof(qp_real)), 0);
    qp_model_bundle_free(&bundle);
    qp_model_free(model);
    unlink(path);
}

Test(model, average_is_the_mean)
{
    char one[] = "/tmp/quipu-test-model-XXXXXX", two[] = "/tmp/quipu-test-model-XXXXXX", mean[] = "/tmp/quipu-test-model-XXXXXX";
    close(mkstemp(one)), close(mkstemp(two)), close(mkstemp(mean));
    qp_model *model = variant_model(0);
    qp_real *weight = qp_params_value(qp_model_params(model), 0), before = weight[0];
    cr_assert_eq(qp_model_file_save(one, model, NULL, NULL), QP_OK);
    weight[0] = before + 2;
    cr_assert_eq(qp_model_file_save(two, model, NULL, NULL), QP_OK);
    cr_assert_eq(qp_model_file_average(mean, (const char *[]){one, two}, 2), QP_OK, "%s", qp_error_message());
    qp_model_bundle bundle;
    cr_assert_eq(qp_model_file_load(mean, &bundle), QP_OK);
    cr_assert_float_eq(qp_params_value(qp_model_params(bundle.model), 0)[0], before + 1, 1e-6);
    qp_model_bundle_free(&bundle);
    qp_model_free(model);
    unlink(one), unlink(two), unlink(mean);
}

Test(model, combinations_without_sense_are_refused)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.src_vocab_size = config.tgt_vocab_size = 10;
    config.heads = 7;
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_EUSAGE);
    cr_assert_not_null(strstr(qp_error_message(), "--heads 7"));
    config.heads = 8;
    config.tied_embeddings_all = 1;
    config.tgt_vocab_size = 11;
    cr_assert_eq(qp_model_new(&config, 1, &model), QP_EUSAGE);
}
