#define _GNU_SOURCE /* memmem */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", true); /* also writes the text "corpus" */ }

TestSuite(cmd_export, .init = set_up, .fini = small_model_clean);

#define EXPORT(...) RUN(qp_cmd_export, NULL, "export", __VA_ARGS__)

Test(cmd_export, arpa)
{
    char *text;
    size_t bytes;
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "lm", "--decoder", "ngram", "--order", "2",
                     "--tokenizer", "space", "--train", "corpus", "-m", "n.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(EXPORT("n.safetensors", "-o", "n.arpa"), 0, "%s", small_err);
    cr_assert_eq(qp_file_read("n.arpa", 1 << 20, &text, &bytes), QP_OK, "%s", qp_error_message());
    cr_assert(STARTS(text, "\\data\\\nngram 1=14\nngram 2=21\n"), "%s", text);
    cr_assert(strstr(text, "\tsees a\n"), "%s", text);
    free(text);
    cr_assert_eq(EXPORT("m.safetensors", "-o", "m.arpa"), 2);
    cr_assert(strstr(small_err, "only n-gram models"), "%s", small_err);
    cr_assert_not(qp_file_exists("m.arpa"));
}

Test(cmd_export, tokenizer)
{
    cr_assert_eq(EXPORT("-m", "m.safetensors", "-o", "t.json"), 0, "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_encode_main, "the cat\n", "encode", "-m", "t.json"), 0, "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_decode_main, small_out, "decode", "-m", "t.json"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "the cat\n");
    cr_assert_eq(EXPORT("-m", "m.safetensors", "--source", "-o", "s.json"), 2);
    cr_assert(strstr(small_err, "this model has no source side"), "%s", small_err);
    small_model_write("translator.safetensors", false);
    cr_assert_eq(EXPORT("-m", "translator.safetensors", "--source", "-o", "s.json"), 0, "%s", small_err);
}

Test(cmd_export, mistakes)
{
    cr_assert_eq(EXPORT("-o", "t.json"), 2);
    cr_assert(strstr(small_err, "no model; name one"), "%s", small_err);
    cr_assert_eq(EXPORT("m.safetensors"), 2);
    cr_assert(strstr(small_err, "no file to write"), "%s", small_err);
    cr_assert_eq(EXPORT("-m", "m.safetensors", "-o", "m.gguf"), 2);
    cr_assert(strstr(small_err, "m.gguf: unknown kind of file"), "%s", small_err);
    cr_assert_eq(EXPORT("-m", "m.safetensors", "more", "-o", "t.json"), 2);
    cr_assert(strstr(small_err, "unexpected argument 'more'"), "%s", small_err);
}

Test(cmd_export, npz_and_gguf)
{
    char *content;
    size_t bytes;
    cr_assert_eq(EXPORT("-m", "m.safetensors", "--format", "npz", "-o", "m.npz"), 0, "%s", small_err);
    cr_assert_eq(qp_file_read("m.npz", 1 << 24, &content, &bytes), QP_OK);
    cr_assert(bytes > 4 && memcmp(content, "PK\3\4", 4) == 0);
    cr_expect_not_null(memmem(content, bytes, "tgt_embed.weight.npy", 20));
    free(content);
    cr_assert_eq(EXPORT("-m", "m.safetensors", "--format", "gguf", "-o", "m.gguf"), 2);
    cr_expect(strstr(small_err, "no architecture"), "%s", small_err);
    cr_expect_not(qp_file_exists("m.gguf"));
}

static void same_files(const char *a, const char *b)
{
    char *one, *other;
    size_t bytes[2];
    cr_assert_eq(qp_file_read(a, 1 << 24, &one, &bytes[0]), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_file_read(b, 1 << 24, &other, &bytes[1]), QP_OK, "%s", qp_error_message());
    cr_expect(bytes[0] == bytes[1] && memcmp(one, other, bytes[0]) == 0, "%s and %s differ", a, b);
    free(one);
    free(other);
}

/* Exported, imported, exported, imported: the second model is the first one. */
Test(cmd_export, ctranslate2)
{
    small_model_write("translator.safetensors", false);
    static const char *const models[] = {"m.safetensors", "translator.safetensors"};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(EXPORT(models[i], "--format", "ctranslate2", "-o", "there"), 0, "%s", small_err);
        cr_assert_eq(RUN(qp_cmd_import, NULL, "import", "there", "-o", "b.safetensors"), 0, "%s", small_err);
        cr_assert_eq(EXPORT("b.safetensors", "--format", "ctranslate2", "-o", "back"), 0, "%s", small_err);
        cr_assert_eq(RUN(qp_cmd_import, NULL, "import", "back", "-o", "c.safetensors"), 0, "%s", small_err);
        same_files("b.safetensors", "c.safetensors");
        static const char *const made[] = {"there", "back", "b.safetensors", "c.safetensors"};
        for (int k = 0; k < 4; k++) cr_assert_eq(qp_file_remove_tree(made[k]), QP_OK);
    }
    cr_assert_eq(EXPORT("m.safetensors", "--format", "ctranslate2", "--type", "q8_0", "-o", "there"), 2);
    cr_expect(strstr(small_err, "its 8 bits are --type int8"), "%s", small_err);
    cr_assert_eq(EXPORT("m.safetensors", "--format", "gguf", "--type", "int8", "-o", "m.gguf"), 2);
    cr_expect(strstr(small_err, "its 8 bits are --type q8_0"), "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "lm", "--decoder", "gru", "--emb-size", "8",
                     "--steps", "1", "--valid", "none", "--tokenizer", "word", "--train", "corpus", "-m",
                     "gru.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(EXPORT("gru.safetensors", "--format", "ctranslate2", "-o", "there"), 2);
    cr_expect(strstr(small_err, "it needs --decoder transformer"), "%s", small_err);
    cr_expect_not(qp_folder_exists("there"));
}

/* The positions that CTranslate2 has; its translators have no biases that grow with the distance. */
Test(cmd_export, positions_of_ctranslate2)
{
    static const struct {
        const char *task, *position;
        int code;
    } kind[] = {{"lm", "rope", 0},       {"lm", "alibi", 0}, {"lm", "learned", 0},
                {"lm", "sinusoidal", 0}, {"lm", "none", 2},  {"autoencode", "rope", 2}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--overwrite", "--task", kind[i].task, "--decoder",
                         "transformer", "--pos", kind[i].position, "--layers", "1", "--emb-size", "8", "--ff-size", "8",
                         "--heads", "2", "--steps", "1", "--valid", "none", "--tokenizer", "word", "--train", "corpus",
                         "-m", "p.safetensors"),
                     0, "%s", small_err);
        cr_expect_eq(EXPORT("p.safetensors", "--format", "ctranslate2", "-o", "there"), kind[i].code, "%s %s: %s",
                     kind[i].task, kind[i].position, small_err);
        cr_assert_eq(qp_file_remove_tree("there"), QP_OK);
    }
}
