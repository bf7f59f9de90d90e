#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/model/model.h"
#include "lib/model/model_file.h"
#include "lib/package/model_average.h"
#include "tests/model/model_check.h"
#include "tests/sanitized.h"

static const char *const variants[][4] = {
    {"norm=pre"},
    {"norm=post", "activation=gelu"},
    {"norm_type=rms", "bias=false", "gated_ff=true", "activation=silu"},
    {"pos=learned", "kv_heads=2", "tied_embeddings=false"},
    {"tied_embeddings_all=true", "final_norm=false"},
    {"pos=rope", "attention_window=3", "attention_softcap=5"},
    {"encoder=none", "task=lm"},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static qp_model *variant_model(int v)
{
    int settings = 0;
    while (settings < 4 && variants[v][settings]) settings++;
    return model_small(variants[v], settings);
}

Test(model, cached_stepping_equals_the_full_pass)
{
    for (int v = 0; v < VARIANTS; v++) {
        char what[20];
        snprintf(what, sizeof what, "variant %d", v);
        qp_model *model = variant_model(v);
        model_check_stepping(model, v % 2 == 1, what);
        qp_model_free(model);
    }
}

/* The last sine of an odd width has no cosine beside it. */
Test(model, an_odd_width_has_sinusoidal_positions)
{
    const char *setting[] = {"emb_size=15", "heads=3"};
    qp_model *model = model_small(setting, 2);
    model_check_stepping(model, true, "15 columns");
    qp_model_free(model);
}

Test(model, overfits_32_reversed_sequences)
{
    for (int v = 0; v < VARIANTS - 1; v++) {
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, MODEL_SENTENCES, 5);
        qp_model *model = variant_model(v);
        double loss = model_train(model, &batch, SANITIZED ? 5 : 250, 0.003); /* all take a minute under a sanitizer */
        cr_expect_lt(loss, SANITIZED ? 10 : 0.02, "variant %d: %g nats a token", v, loss);
        qp_model_free(model);
    }
}

/* A matrix of one row is no bias: it is drawn, and decays. */
Test(model, a_state_of_one_number_has_drawn_weights)
{
    static const char *const weight[] = {"bridge.weight", "combine.weight", "attention.energy_layer.weight"};
    const char *setting[] = {"encoder=gru", "decoder=gru", "bidirectional=true", "hidden_size=1"};
    qp_model *model = model_small(setting, 4);
    qp_params *params = qp_model_params(model);
    for (size_t i = 0; i < sizeof weight / sizeof *weight; i++) {
        int index = qp_params_find(params, weight[i]);
        cr_assert_geq(index, 0, "%s", weight[i]);
        cr_expect_neq(qp_params_value(params, index)[0], 0, "%s", weight[i]);
        cr_expect(qp_params_at(params, index)->decay, "%s", weight[i]);
    }
    qp_model_free(model);
}

Test(model, dropout_changes_training_and_not_inference)
{
    const char *setting[] = {"dropout=0.3", "attention_dropout=0.2", "ff_dropout=0.1"};
    qp_model *model = model_small(setting, 3);
    model_check_noise(model);
    qp_model_free(model);
}

Test(model, file_gives_back_the_same_logits_and_texts)
{
    char path[] = "/tmp/quipu-test-model-XXXXXX";
    close(mkstemp(path));
    qp_model *model = variant_model(3);
    qp_model_texts saved = {.source_tokenizer = (char[]){"{\"source\": 1}"}};
    cr_assert_eq(qp_model_file_save(path, model, &saved), QP_OK, "%s", qp_error_message());
    qp_model *loaded;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load(path, &loaded, &texts), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(texts.source_tokenizer, "{\"source\": 1}");
    cr_assert_null(texts.target_tokenizer);
    qp_params *a = qp_model_params(model), *b = qp_model_params(loaded);
    cr_assert_eq(qp_params_size(a), qp_params_size(b));
    cr_assert_eq(memcmp(qp_params_block(a), qp_params_block(b), qp_params_size(a) * sizeof(qp_real)), 0);
    qp_model_free(loaded);
    qp_model_texts_free(&texts);
    qp_model_free(model);
    unlink(path);
}

Test(model, average_is_the_mean)
{
    char one[] = "/tmp/quipu-test-model-XXXXXX", two[] = "/tmp/quipu-test-model-XXXXXX",
         mean[] = "/tmp/quipu-test-model-XXXXXX";
    close(mkstemp(one)), close(mkstemp(two)), close(mkstemp(mean));
    qp_model *model = variant_model(0);
    qp_real *weight = qp_params_value(qp_model_params(model), 0), before = weight[0];
    cr_assert_eq(qp_model_file_save(one, model, NULL), QP_OK);
    weight[0] = before + 2;
    cr_assert_eq(qp_model_file_save(two, model, NULL), QP_OK);
    cr_assert_eq(qp_model_average(mean, (const char *[]){one, two}, 2), QP_OK, "%s", qp_error_message());
    qp_model *loaded;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load(mean, &loaded, &texts), QP_OK);
    cr_assert_float_eq(qp_params_value(qp_model_params(loaded), 0)[0], before + 1, 1e-6);
    qp_model_free(loaded);
    qp_model_texts_free(&texts);
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
