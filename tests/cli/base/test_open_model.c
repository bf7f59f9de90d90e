#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/model/model_file.h"
#include "tests/cli/small_model.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

/* Crafted model files: complete and with a right checksum, but without a tokenizer that the model needs, or with one of
 * another size. Every command that computes must refuse them, and say why in one line. */
static void set_up(void) { small_model_write("translator.safetensors", false); }

TestSuite(open_model, .init = set_up, .fini = small_model_clean);

typedef enum { NO_SOURCE, NO_TARGET, SMALLER_SOURCE, SMALLER_TARGET } change;

/* The JSON of a valid tokenizer with fewer pieces. */
static char *smaller_tokenizer(void)
{
    static const char *const path[] = {"few"};
    qp_tokenizer_config config;
    qp_tokenizer *tokenizer = NULL;
    char *json = NULL;
    size_t bytes;
    small_file("few", "a b\n", 4);
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.vocab_size = 30;
    config.byte_fallback = QP_FALLBACK_FALSE;
    cr_assert_eq(qp_tokenizer_train_files(&config, path, 1, NULL, &tokenizer), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_tokenizer_to_json(tokenizer, &json, &bytes), QP_OK);
    qp_tokenizer_free(tokenizer);
    return json;
}

static void replace(char **text, char *other)
{
    free(*text);
    *text = other;
}

static void craft(const char *from, change what, const char *to)
{
    qp_model *model;
    qp_model_texts texts;
    cr_assert_eq(qp_model_file_load(from, &model, &texts), QP_OK, "%s", qp_error_message());
    if (what == NO_SOURCE && !texts.target_tokenizer) { /* so that one is left */
        texts.target_tokenizer = texts.source_tokenizer;
        texts.source_tokenizer = NULL;
    } else if (what == NO_SOURCE) {
        replace(&texts.source_tokenizer, NULL);
    } else if (what == NO_TARGET) {
        replace(&texts.target_tokenizer, NULL);
    } else {
        replace(what == SMALLER_SOURCE ? &texts.source_tokenizer : &texts.target_tokenizer, smaller_tokenizer());
    }
    cr_assert_eq(qp_model_file_save(to, model, &texts), QP_OK, "%s", qp_error_message());
    qp_model_free(model);
    qp_model_texts_free(&texts);
}

static void refused(int code, const char *why)
{
    cr_expect_eq(code, 65, "exit code %d, %s", code, small_err);
    cr_expect(strstr(small_err, why), "'%s' is not in: %s", why, small_err);
    cr_expect_eq(small_lines(small_err), 1, "%s", small_err);
}

static void try_translator(const char *why)
{
    refused(RUN(qp_cmd_translate, "a cat\n", "translate", "-m", "x.safetensors"), why);
    refused(RUN(qp_cmd_score, "a cat\ta dog\n", "score", "-m", "x.safetensors"), why);
    refused(RUN(qp_cmd_attend, NULL, "attend", "-m", "x.safetensors", "--src", "a cat"), why);
    refused(RUN(qp_cmd_evaluate, "a cat\n", "evaluate", "bleu", "-m", "x.safetensors", "--src", "corpus", "--ref",
                "corpus"),
            why);
    refused(RUN(qp_cmd_info, NULL, "info", "x.safetensors"), why);
}

Test(open_model, translator_without_source_tokenizer)
{
    craft("translator.safetensors", NO_SOURCE, "x.safetensors");
    try_translator("its source tokenizer is missing");
}

Test(open_model, translator_with_a_smaller_tokenizer)
{
    craft("translator.safetensors", SMALLER_SOURCE, "x.safetensors");
    try_translator("its source tokenizer has ");
    craft("translator.safetensors", SMALLER_TARGET, "x.safetensors");
    try_translator("its target tokenizer has ");
}

Test(open_model, language_model)
{
    small_model_write("language.safetensors", true);
    static const struct {
        change what;
        const char *why;
    } cases[] = {{NO_TARGET, "a model without a tokenizer"}, {SMALLER_TARGET, "its target tokenizer has "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        craft("language.safetensors", cases[i].what, "x.safetensors");
        refused(RUN(qp_cmd_generate, NULL, "generate", "-m", "x.safetensors", "--tokens", "3"), cases[i].why);
        refused(RUN(qp_cmd_score, "a cat\n", "score", "-m", "x.safetensors"), cases[i].why);
        refused(RUN(qp_cmd_attend, NULL, "attend", "-m", "x.safetensors", "--tgt", "a"), cases[i].why);
        refused(RUN(qp_cmd_evaluate, NULL, "evaluate", "perplexity", "-m", "x.safetensors", "--test", "corpus"),
                cases[i].why);
    }
}

Test(open_model, classifier)
{
    small_file("labelled", "good\ta cat\nbad\ta dog\n", 21);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "--task", "classify", "--train", "labelled", "-m", "c.safetensors",
                     "--tokenizer", "word", "--enc-layers", "1", "--emb-size", "8", "--heads", "2", "--ff-size", "8",
                     "--steps", "1", "-q"),
                 0, "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_predict, "a cat\n", "predict", "-m", "c.safetensors"), 0, "%s", small_err);
    craft("c.safetensors", NO_SOURCE, "x.safetensors");
    refused(RUN(qp_cmd_predict, "a cat\n", "predict", "-m", "x.safetensors"), "its source tokenizer is missing");
    refused(RUN(qp_cmd_evaluate, NULL, "evaluate", "accuracy", "-m", "x.safetensors", "--test", "labelled"),
            "its source tokenizer is missing");
    craft("c.safetensors", SMALLER_SOURCE, "x.safetensors");
    refused(RUN(qp_cmd_predict, "a cat\n", "predict", "-m", "x.safetensors"), "its source tokenizer has ");
}
