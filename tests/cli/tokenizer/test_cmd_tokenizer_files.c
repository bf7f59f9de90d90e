#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    cr_assert_eq(RUN(qp_tokenizer_train_main, NULL, "train", "-q", "--type", "byte-bpe", "--vocab-size", "280",
                     "--pattern", "gpt2", "--normalization", "none", "-o", "t.json", "corpus"),
                 0, "%s", small_err);
}

TestSuite(cmd_tokenizer_files, .init = set_up, .fini = small_model_clean);

#define EXPORT(...) RUN(qp_tokenizer_export_main, NULL, "export", __VA_ARGS__)
#define IMPORT(...) RUN(qp_tokenizer_import_main, NULL, "import", __VA_ARGS__)

static void same_ids(const char *other)
{
    cr_assert_eq(RUN(qp_tokenizer_compare_main, NULL, "compare", "t.json", other, "corpus"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "ids equal"), "%s", small_out);
}

Test(cmd_tokenizer_files, formats_keep_the_ids)
{
    cr_assert_eq(EXPORT("--format", "huggingface", "t.json", "-o", "hf.json"), 0, "%s", small_err);
    cr_assert_eq(IMPORT("hf.json", "-o", "back.json"), 0, "%s", small_err);
    cr_assert(strstr(small_err, " pieces\n"), "%s", small_err);
    same_ids("back.json");
    cr_assert_eq(EXPORT("--format", "gpt2", "-m", "t.json", "-o", "folder"), 0, "%s", small_err);
    cr_assert_eq(IMPORT("folder/vocab.json", "folder/merges.txt", "-o", "again.json"), 0, "%s", small_err);
    same_ids("again.json");
}

Test(cmd_tokenizer_files, mistakes)
{
    cr_assert_eq(EXPORT("--format", "gpt2", "t.json"), 2);
    cr_assert(strstr(small_err, "name their folder with -o"), "%s", small_err);
    cr_assert_eq(EXPORT("--format", "gpt2", "-m", "t.json", "t.json"), 2);
    cr_assert(strstr(small_err, "give one tokenizer"), "%s", small_err);
    cr_assert_eq(EXPORT("--format", "bert", "t.json", "-o", "b.txt"), 65, "%s", small_err);
    cr_assert(STARTS(small_err, "quipu: t.json: "), "%s", small_err);
    cr_assert_not(qp_file_exists("b.txt"));
    cr_assert_eq(IMPORT("-o", "x.json"), 2);
    cr_assert(strstr(small_err, "give one file"), "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_info_main, NULL, "info"), 2);
}

Test(cmd_tokenizer_files, info)
{
    cr_assert_eq(RUN(qp_tokenizer_info_main, NULL, "info", "t.json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "type           byte-bpe\npieces         "), "%s", small_out);
    cr_assert(strstr(small_out, "\npattern        gpt2"), "%s", small_out);
    cr_assert_not(strstr(small_out, "\tnormal\n"), "%s", small_out);
    cr_assert_eq(RUN(qp_tokenizer_info_main, NULL, "info", "--vocab", "t.json"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "\tthe\tnormal\n"), "%s", small_out);
    cr_assert_eq(RUN(qp_tokenizer_info_main, NULL, "info", "--json", "t.json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"type\":\"byte-bpe\",\"pieces\":"), "%s", small_out);
    cr_assert_not(strstr(small_out, "\"vocabulary\""), "%s", small_out);
}
