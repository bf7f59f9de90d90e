#include "tests/package/small_package.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tokenizer/tokenizer_trainer.h"

qp_tokenizer *small_tokenizer(int type, const char *text)
{
    char name[] = "/tmp/quipu-words-XXXXXX";
    const char *path = name;
    FILE *file = fdopen(mkstemp(name), "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    qp_tokenizer_config config;
    qp_tokenizer *tokenizer = NULL;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = type;
    config.vocab_size = 100;
    config.byte_fallback = QP_FALLBACK_FALSE;
    cr_assert_eq(qp_tokenizer_train_files(&config, &path, 1, NULL, &tokenizer), QP_OK, "%s", qp_error_message());
    unlink(name);
    return tokenizer;
}

static void set(qp_model_config *config, const char *setting)
{
    char key[40];
    const char *equals = strchr(setting, '=');
    snprintf(key, sizeof key, "%.*s", (int)(equals - setting), setting);
    cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, key), config, "", equals + 1), QP_OK, "%s", setting);
}

qp_package *small_package(const char *const *setting, qp_tokenizer *tokenizer, const char *labels)
{
    static const char *const common[] = {"emb_size=8",   "ff_size=8",    "heads=2",
                                         "enc_layers=1", "dec_layers=1", "init_gain=2"};
    qp_package *package;
    qp_model *model;
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) set(&config, common[i]);
    for (; *setting; setting++) set(&config, *setting);
    if (qp_model_kind_is_recurrent(config.encoder) || qp_model_kind_is_recurrent(config.decoder))
        config.hidden_size = config.emb_size;
    cr_assert_eq(qp_package_new(&package), QP_OK);
    if (labels) cr_assert_eq(qp_labels_parse(labels, &package->labels), QP_OK, "%s", qp_error_message());
    config.labels = package->labels.count;
    if (config.encoder != QP_KIND_NONE) config.src_vocab_size = qp_tokenizer_size(tokenizer);
    if (qp_model_task_has_decoder(config.task)) config.tgt_vocab_size = qp_tokenizer_size(tokenizer);
    cr_assert_eq(qp_model_new(&config, 5, &model), QP_OK, "%s", qp_error_message());
    qp_package_set_tokenizers(package, config.encoder != QP_KIND_NONE ? tokenizer : NULL, tokenizer);
    qp_package_set_model(package, model);
    return package;
}

quipu_package *trained_package(const char *const *option, const char *text)
{
    quipu_training training = {.size = sizeof training, .option = option, .train_text = text};
    quipu_package *package;
    cr_assert_eq(quipu_train(&training, &package, NULL), QUIPU_OK, "%s", quipu_error_message());
    return package;
}
