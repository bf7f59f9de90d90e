#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

/* exported_options — every option of a model that a format of another project can hold is there after export and
 * import. */

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(exported_options, .init = set_up, .fini = small_model_clean);

enum { WORDS = 60, OPTIONS = 9 };

static const char *const small[] = {"--layers",  "2",  "--emb-size",  "8",      "--ff-size",    "12",
                                    "--heads",   "2",  "--steps",     "1",      "--valid",      "none",
                                    "--dropout", "0",  "--train",     "corpus", "--max-length", "24",
                                    "-t1",       "-q", "--overwrite", "-m",     "m.safetensors"};
static const char *const language[] = {"--task", "lm", "--decoder", "transformer", NULL};
static const char *const llama[] = {
    "--task", "lm",     "--decoder", "transformer",        "--norm-type", "rms",          "--gated-ff",
    "true",   "--bias", "false",     "--scale-embeddings", "false",       "--activation", "silu",
    "--pos",  "rope",   NULL};

static void train(const char *tokenizer, const char *const *kind, const char *const *option)
{
    const char *word[WORDS] = {"train", "--tokenizer", tokenizer};
    int count = 3;
    static char joined[WORDS][60]; /* NAME=VALUE, as switches need it */
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) word[count++] = small[i];
    for (int i = 0; kind[i]; i += 2, count++) {
        snprintf(joined[count], sizeof *joined, "%s=%s", kind[i], kind[i + 1]);
        word[count] = joined[count];
    }
    for (int i = 0; option[i]; i += 2, count++) {
        snprintf(joined[count], sizeof *joined, "%s=%s", option[i], option[i + 1]);
        word[count] = joined[count];
    }
    cr_assert_eq(small_run(qp_cmd_train, NULL, NULL, word), 0, "%s", small_err);
}

/* What `info --json` says of the settings. */
static json_t *settings(const char *model)
{
    cr_assert_eq(RUN(qp_cmd_info, NULL, "info", "--json", model), 0, "%s", small_err);
    json_t *object = json_loads(small_out, 0, NULL), *config = json_incref(json_object_get(object, "config"));
    cr_assert(config, "%s", small_out);
    json_decref(object);
    return config;
}

/* The options are in the model that comes back, with the values of the one that went out. */
static void keeps(const char *format, const char *const *kind, const char *const *option)
{
    bool gguf = strcmp(format, "gguf") == 0;
    const char *to = gguf ? "there.gguf" : "there";
    train(gguf ? "bytes.json" : "word", kind, option);
    cr_assert_eq(RUN(qp_cmd_export, NULL, "export", "-m", "m.safetensors", "--format", format, "-o", to), 0,
                 "%s %s %s: %s", format, option[0], option[0] ? option[1] : "", small_err);
    cr_assert_eq(RUN(qp_cmd_import, NULL, "import", to, "-o", "b.safetensors"), 0, "%s %s: %s", format, option[0],
                 small_err);
    json_t *before = settings("m.safetensors"), *after = settings("b.safetensors");
    for (int i = 0; option[i]; i += 2) {
        char name[40] = "";
        for (int k = 0; option[i][k + 2]; k++) name[k] = option[i][k + 2] == '-' ? '_' : option[i][k + 2];
        json_t *was = json_object_get(before, name), *is = json_object_get(after, name);
        char *text = json_dumps(is, JSON_ENCODE_ANY);
        bool near = json_is_number(is) && json_is_number(was) &&
                    json_number_value(is) < json_number_value(was) * 1.000001 + 1e-12 &&
                    json_number_value(is) > json_number_value(was) * 0.999999 - 1e-12;
        cr_expect(near || json_equal(was, is), "%s: %s %s became %s", format, option[i], option[i + 1], text);
        free(text);
    }
    json_decref(before);
    json_decref(after);
    cr_assert_eq(qp_file_remove_tree(to), QP_OK);
    cr_assert_eq(qp_file_remove_tree("b.safetensors"), QP_OK);
}

Test(exported_options, ctranslate2)
{
    static const char *const any[][OPTIONS] = {
        {"--pos", "learned", "--norm", "post"},
        {"--pos", "alibi", "--embedding-norm", "true"},
        {"--pos", "learned", "--activation", "gelu-tanh", "--scale-embeddings", "false"},
        {"--pos", "learned", "--output-bias", "true", "--tied-embeddings", "false"},
        {"--pos", "learned", "--final-norm", "false", "--norm-epsilon", "1e-3"},
    };
    static const char *const gated[][OPTIONS] = {
        {"--rope-base", "500000", "--norm-epsilon", "1e-6"},
        {"--rope-size", "2"},
        {"--kv-heads", "1", "--qk-norm", "true"},
        {"--head-size", "6"},
        {"--rope-scaling", "linear", "--rope-factor", "2"},
        {"--norm", "both", "--output-softcap", "5"},
        {"--qkv-bias", "true", "--tied-embeddings", "false"},
        {"--attention-scale", "0.25"},
        {"--parallel", "shared", "--norm-type", "layer"},
    };
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) keeps("ctranslate2", language, any[i]);
    for (size_t i = 0; i < sizeof gated / sizeof *gated; i++) keeps("ctranslate2", llama, gated[i]);
}

Test(exported_options, huggingface)
{
    static const char *const gated[][OPTIONS] = {
        {NULL},
        {"--rope-base", "500000", "--norm-epsilon", "1e-6"},
        {"--kv-heads", "1", "--head-size", "6"},
        {"--rope-scaling", "linear", "--rope-factor", "2"},
        {"--rope-scaling", "dynamic", "--rope-factor", "2", "--rope-length", "12"},
        {"--rope-scaling", "llama3", "--rope-factor", "4", "--rope-length", "16"},
        {"--rope-scaling", "yarn", "--rope-factor", "2", "--rope-length", "16"},
        {"--qkv-bias", "true"},
        {"--qk-norm", "true", "--head-size", "6"},
        {"--qkv-bias", "true", "--attention-bias", "true", "--ff-bias", "true"},
        {"--tied-embeddings", "false"},
        {"--attention-window", "4"},
        {"--attention-window", "4", "--qk-norm", "true", "--head-size", "6"},
        {"--attention-window", "4", "--window-layers", "01", "--qkv-bias", "true"},
        {"--attention-window", "4", "--window-layers", "10", "--qk-norm", "true", "--head-size", "6"},
    };
    for (size_t i = 0; i < sizeof gated / sizeof *gated; i++) keeps("huggingface", llama, gated[i]);
}

Test(exported_options, gguf)
{
    cr_assert_eq(RUN(qp_tokenizer_train_main, NULL, "train", "--type", "byte-bpe", "--pattern", "gpt2",
                     "--normalization", "none", "--vocab-size", "270", "-o", "bytes.json", "corpus"),
                 0, "%s", small_err);
    static const char *const gated[][OPTIONS] = {
        {NULL},
        {"--rope-base", "500000", "--norm-epsilon", "1e-6"},
        {"--kv-heads", "1"},
        {"--rope-scaling", "linear", "--rope-factor", "2"},
        {"--qkv-bias", "true", "--head-size", "6"},
        {"--tied-embeddings", "false"},
    };
    for (size_t i = 0; i < sizeof gated / sizeof *gated; i++) keeps("gguf", llama, gated[i]);
}
