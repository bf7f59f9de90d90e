#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); }

TestSuite(cmd_tokenizer_moses, .init = set_up, .fini = small_model_clean);

#define MOSES(input, ...) RUN(qp_tokenizer_moses_main, input, "moses", __VA_ARGS__)

Test(cmd_tokenizer_moses, words_and_back)
{
    static const char text[] = "It isn't (so) easy.\n\nA well-known cat.\n";
    cr_assert_eq(MOSES(text, "--action", "tokenize"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "It isn &apos;t ( so ) easy .\n\nA well-known cat .\n");
    char *words = strdup(small_out);
    cr_assert_eq(MOSES(words, "--action", "detokenize"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, text);
    free(words);
}

Test(cmd_tokenizer_moses, options_change_the_words)
{
    cr_assert_eq(MOSES("a well-known & b\n", "--no-escape"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "a well-known & b\n");
    cr_assert_eq(MOSES("a well-known & b\n", "--aggressive"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "a well @-@ known &amp; b\n");
    cr_assert_eq(MOSES("Isst Abk. Brot.\n", "-l", "xx"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "Isst Abk . Brot .\n");
    small_file("prefixes", "Abk\n", 4);
    cr_assert_eq(MOSES("Isst Abk. Brot.\n", "--prefixes", "prefixes"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "Isst Abk. Brot .\n");
    small_file("protect", "x\\.y\\S*\n", 8);
    cr_assert_eq(MOSES("see x.y(z) (z)\n", "--protect", "protect"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "see x.y(z) ( z )\n");
}

Test(cmd_tokenizer_moses, true_case)
{
    cr_assert_eq(MOSES(NULL, "--action", "learn-truecase", "-o", "case", "corpus"), 0, "%s", small_err);
    cr_assert_eq(MOSES("The Cat sees\n", "--action", "truecase", "-m", "case"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "the cat sees\n");
    cr_assert_eq(MOSES("the cat sees\n", "--action", "detruecase"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "The cat sees\n");
    cr_assert_eq(MOSES("a\n", "--action", "truecase"), 2);
    cr_assert(strstr(small_err, "needs --model"), "%s", small_err);
    cr_assert_eq(MOSES("a\n", "--action", "truecase", "-m", "nowhere"), 66, "%s", small_err);
}
