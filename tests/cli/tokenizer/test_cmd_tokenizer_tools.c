#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static const char text[] = "abc abd abc\nabc abd abc\nabc abd abc\n";

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    small_file("text", text, strlen(text));
}

TestSuite(cmd_tokenizer_tools, .init = set_up, .fini = small_model_clean);

#define LEARN(...) RUN(qp_tokenizer_learn_bpe_main, NULL, "learn-bpe", __VA_ARGS__)
#define APPLY(...) RUN(qp_tokenizer_apply_bpe_main, "abc abx\n", "apply-bpe", "-c", "codes", __VA_ARGS__)
#define SPM(...) RUN(qp_tokenizer_spm_train_main, NULL, "spm-train", __VA_ARGS__)

static void printed(const char *expected) { cr_assert_str_eq(small_out, expected); }

Test(cmd_tokenizer_tools, learn_bpe)
{
    cr_assert_eq(LEARN("-s", "30", "text"), 0, "%s", small_err);
    printed("#version: 0.2\na b\nab c</w>\nab d</w>\n");
    cr_assert_eq(LEARN("-s", "30", "--min-frequency", "4", "text"), 0, "%s", small_err);
    printed("#version: 0.2\na b\nab c</w>\n");
    small_file("counts", "abc 3\nabd 5\n", 12);
    cr_assert_eq(LEARN("-s", "2", "--dict-input", "counts"), 0, "%s", small_err);
    printed("#version: 0.2\na b\nab d</w>\n");
    cr_assert_eq(LEARN("--write-vocabulary", "v", "text", "counts"), 2);
    cr_assert(strstr(small_err, "1 vocabularies for 2 texts"), "%s", small_err);
}

Test(cmd_tokenizer_tools, apply_bpe)
{
    cr_assert_eq(LEARN("-s", "30", "-o", "codes", "--write-vocabulary", "v", "text"), 0, "%s", small_err);
    cr_assert_eq(APPLY("-s", "@@"), 0, "%s", small_err);
    printed("abc ab@@ x\n");
    cr_assert_eq(APPLY("-m", "1", "-s", "~"), 0, "%s", small_err);
    printed("ab~ c ab~ x\n");
    cr_assert_eq(APPLY("--glossaries", "abx"), 0, "%s", small_err);
    printed("abc abx\n");
    cr_assert_eq(APPLY("--vocabulary", "v", "--vocabulary-threshold", "7"), 0, "%s", small_err);
    printed("a@@ b@@ c a@@ b@@ x\n");
    cr_assert_eq(RUN(qp_tokenizer_apply_bpe_main, "abc\n", "apply-bpe"), 2);
    cr_assert(strstr(small_err, "add -c CODES"), "%s", small_err);
}

Test(cmd_tokenizer_tools, spm_train)
{
    cr_assert_eq(SPM("--model-type", "bpe", "--vocab-size", "15", "--normalization-rule-name", "identity", "-o",
                     "spm.model", "text"),
                 0, "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_encode_main, "abc abd\n", "encode", "-m", "spm.model", "--pieces"), 0, "%s",
                 small_err);
    printed("▁abc ▁abd\n");
    cr_assert_eq(SPM("--vocab-size", "5", "-o", "x.model", "text"), 2);
    cr_assert(strstr(small_err, "too small"), "%s", small_err);
    cr_assert_not(qp_file_exists("x.model"));
}

Test(cmd_tokenizer_tools, symbols_of_spm_train_are_one_piece)
{
    cr_assert_eq(SPM("--vocab-size", "22", "--user-defined-symbols", "cat,\"e,g\"", "--user-defined-symbols", "dog",
                     "-o", "t.json", "corpus"),
                 0, "%s", small_err);
    cr_assert_eq(RUN(qp_tokenizer_encode_main, "scate,gdogs\n", "encode", "-m", "t.json", "--pieces"), 0, "%s",
                 small_err);
    cr_assert(strstr(small_out, "s cat e,g dog s\n"), "%s", small_out);
}

/* What goes wrong while learning names the file, and the line where there is one. */
Test(cmd_tokenizer_tools, errors_name_the_file)
{
    small_file("latin", "gut\nsch\xF6n\n", 10);
    small_file("empty", "", 0);
    cr_assert_eq(LEARN("latin"), 65);
    cr_assert(strstr(small_err, "latin:2: ") && strstr(small_err, "byte 4 is not UTF-8"), "%s", small_err);
    cr_assert_eq(SPM("--vocab-size", "9000", "-o", "m.model", "text"), 2);
    cr_assert(strstr(small_err, "quipu: text: "), "%s", small_err);
    cr_assert_eq(SPM("-o", "m.model", "empty"), 2);
    cr_assert(strstr(small_err, "quipu: empty: "), "%s", small_err);
}
