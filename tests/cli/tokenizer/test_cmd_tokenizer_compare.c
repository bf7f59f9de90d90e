#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    static const char *const type[] = {"word", "char"}, *const name[] = {"w.json", "c.json"};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(RUN(qp_tokenizer_train_main, NULL, "train", "-q", "--type", type[i], "--vocab-size", "60",
                         "--byte-fallback", "false", "-o", name[i], "corpus"),
                     0, "%s", small_err);
}

TestSuite(cmd_tokenizer_compare, .init = set_up, .fini = small_model_clean);

#define COMPARE(input, ...) RUN(qp_tokenizer_compare_main, input, "compare", __VA_ARGS__)

Test(cmd_tokenizer_compare, equal)
{
    cr_assert_eq(COMPARE(NULL, "w.json", "w.json", "corpus"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "19 tokens, 3.737 bytes and 3.737 characters each\n"), "%s", small_out);
    cr_assert(strstr(small_out, "ids equal; they differ in 0, pieces in 0, offsets in 0\n"), "%s", small_out);
    cr_assert_eq(small_lines(small_out), 3, "%s", small_out);
    cr_assert_eq(COMPARE("a cat\n", "w.json", "w.json", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"equal\":true,\"lines\":1,\"bytes\":5,"), "%s", small_out);
}

Test(cmd_tokenizer_compare, differences_and_their_places)
{
    cr_assert_eq(COMPARE("a cat\n\na dog\n", "w.json", "c.json", "--differences", "1"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "3 lines, 10 bytes: ids differ in 2, pieces in 2, "), "%s", small_out);
    cr_assert(strstr(small_out, "\nstdin:1, token ") && !strstr(small_out, "stdin:3"), "%s", small_out);
    cr_assert_eq(COMPARE("a cat\n\na dog\n", "w.json", "c.json", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"equal\":false,"), "%s", small_out);
    cr_assert(strstr(small_out, "\"line\":3,"), "%s", small_out);
}

Test(cmd_tokenizer_compare, needs_two_tokenizers)
{
    cr_assert_eq(COMPARE(NULL, "w.json"), 2);
    cr_assert(strstr(small_err, "give two tokenizers"), "%s", small_err);
    cr_assert_eq(COMPARE("a\n", "w.json", "nowhere.json"), 66, "%s", small_err);
}
