#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/model/model_file.h"
#include "lib/package/package.h"
#include "lib/quipu.h"
#include "tests/empty_folder.h"
#include "tests/package/small_package.h"
#include "tokenizer/tokenizer_file.h"

/* package — what qp_package_load accepts and refuses. The commands' side is in tests/cli/base/test_open_model.c. */
static const char pairs[] = "a b c\tc b a\nb c a\ta c b\nc a b\tb a c\n";

static void set_up(void)
{
    static const char *const option[] = {
        "model", "t.safetensors",       "tokenizer", "word",  "encoder", "transformer", "share-vocab",
        "false", "tied-embeddings-all", "false",     "steps", "1",       SMALL_MODEL,   NULL};
    folder_begin();
    quipu_close(trained_package(option, pairs));
}

TestSuite(package, .init = set_up, .fini = folder_end);

static void same_files(const char *a, const char *b)
{
    char *text[2];
    size_t bytes[2];
    cr_assert_eq(qp_file_read(a, 1 << 24, &text[0], &bytes[0]), QP_OK);
    cr_assert_eq(qp_file_read(b, 1 << 24, &text[1], &bytes[1]), QP_OK);
    cr_expect(bytes[0] == bytes[1] && memcmp(text[0], text[1], bytes[0]) == 0, "%s and %s differ", a, b);
    free(text[0]);
    free(text[1]);
}

Test(package, loading_and_saving_gives_the_same_file)
{
    qp_package *package;
    cr_assert_eq(qp_package_load("t.safetensors", &package), QP_OK, "%s", qp_error_message());
    cr_assert_neq(package->source, package->target);
    cr_assert_eq(qp_package_save(package, "again.safetensors"), QP_OK);
    same_files("t.safetensors", "again.safetensors");
    static const char rules[] = "{\"rules\": {\"beam_size\": \"2\"}, \"languages\": {\"de\": 1}, \"source\": 1}";
    package->decoding = strdup(rules);
    package->quantized = (qp_quantization){QP_WEIGHT_BF16, "bleu", 2, 1};
    cr_assert_eq(qp_package_save(package, "again.safetensors"), QP_OK);
    cr_expect_str_eq(package->decoding, rules, "it is still the package's");
    qp_package_free(package);
    cr_assert_eq(qp_package_load("again.safetensors", &package), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(package->decoding, rules);
    cr_expect(package->quantized.type == QP_WEIGHT_BF16 && package->quantized.before == 2);
    qp_package_free(package);
}

/* Saves the model with changed texts and expects that it is refused. */
static void refused(void (*change)(qp_model_texts *texts), const char *why)
{
    qp_model *model;
    qp_model_texts texts;
    qp_package *package = (qp_package *)&texts; /* must become NULL */
    cr_assert_eq(qp_model_file_load("t.safetensors", &model, &texts), QP_OK);
    change(&texts);
    cr_assert_eq(qp_model_file_save("x.safetensors", model, &texts), QP_OK);
    qp_model_free(model);
    qp_model_texts_free(&texts);
    cr_expect_eq(qp_package_open("x.safetensors", true, &package), QP_EDATA);
    cr_expect(strstr(qp_error_message(), why), "'%s' is not in: %s", why, qp_error_message());
    cr_expect_null(package);
    package = (qp_package *)&texts;
    cr_expect_eq(qp_package_load("x.safetensors", &package), QP_EDATA);
    cr_expect_null(package);
}

static void drop(char **text)
{
    free(*text);
    *text = NULL;
}

static void no_source(qp_model_texts *texts) { drop(&texts->source_tokenizer); }
static void no_tokenizer(qp_model_texts *texts)
{
    drop(&texts->source_tokenizer);
    drop(&texts->target_tokenizer);
}

static void damaged(qp_model_texts *texts) { texts->target_tokenizer[5] ^= 1; }

/* A tokenizer learned from one letter has fewer pieces. */
static void smaller_target(qp_model_texts *texts)
{
    static const char *const option[] = {"type", "word", "byte-fallback", "false", NULL};
    static const char *const file[] = {"few"};
    FILE *few = fopen("few", "w");
    cr_assert(few && fputs("a\n", few) >= 0 && fclose(few) == 0);
    quipu_tokenizer_training training = {.size = sizeof training, .option = option, .file = file, .files = 1};
    quipu_tokenizer *tokenizer;
    size_t bytes;
    cr_assert_eq(quipu_tokenizer_train(&training, &tokenizer), QUIPU_OK, "%s", quipu_error_message());
    drop(&texts->target_tokenizer);
    cr_assert_eq(qp_tokenizer_to_json(tokenizer, &texts->target_tokenizer, &bytes), QP_OK);
    quipu_tokenizer_close(tokenizer);
}

Test(package, refuses_what_is_incomplete)
{
    refused(no_source, "its source tokenizer is missing, which its encoder needs");
    refused(no_tokenizer, "a model without a tokenizer");
    refused(damaged, "");
    refused(smaller_target, "its target tokenizer has ");
}

/* A decoder may share the encoder's tokenizer only if its embedding has as many rows. */
Test(package, a_shared_tokenizer_must_fit_both_sides)
{
    static const char *const option[] = {"model", "u.safetensors", "tokenizer", "word", "steps",
                                         "1",     SMALL_MODEL,     NULL};
    quipu_close(trained_package(option, "a b c d e\tx y\n"));
    qp_model *model;
    qp_model_texts texts;
    qp_package *package;
    cr_assert_eq(qp_model_file_load("u.safetensors", &model, &texts), QP_OK);
    drop(&texts.target_tokenizer);
    cr_assert_eq(qp_model_file_save("x.safetensors", model, &texts), QP_OK);
    qp_model_free(model);
    qp_model_texts_free(&texts);
    cr_expect_eq(qp_package_load("x.safetensors", &package), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "its target tokenizer is missing"), "%s", qp_error_message());
}
