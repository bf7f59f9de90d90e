#include "cli/tokenizer/cmd_tokenizer.h"

#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); }

TestSuite(cmd_tokenizer, .init = set_up, .fini = small_model_clean);

Test(cmd_tokenizer, verbs_are_listed_and_explained)
{
    cr_assert_eq(RUN(qp_cmd_tokenizer, NULL, "tokenizer", "help"), 0);
    cr_assert(strstr(small_out, "  encode ") && strstr(small_out, "  spm-train "), "%s", small_out);
    cr_assert_eq(RUN(qp_cmd_tokenizer, NULL, "tokenizer", "help", "encode"), 0);
    cr_assert(strstr(small_out, "usage: quipu tokenizer encode"), "%s", small_out);
    cr_assert_eq(RUN(qp_cmd_tokenizer, NULL, "tokenizer", "help", "encode", "offsets"), 0);
    cr_assert(strstr(small_out, "--offsets") && !strstr(small_out, "--model"), "%s", small_out);
}

Test(cmd_tokenizer, mistakes_take_one_line)
{
    static const char *const word[][2] = {
        {NULL, "no command"}, {"encod", "did you mean \"encode\"?"}, {"zebra", "unknown"}};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(RUN(qp_cmd_tokenizer, NULL, "tokenizer", word[i][0]), 2);
        cr_assert(strstr(small_err, word[i][1]), "%s", small_err);
        cr_assert_eq(small_lines(small_err), 1, "%s", small_err);
    }
}

Test(cmd_tokenizer, lines_keep_their_bytes)
{
    cr_assert_eq(RUN(qp_cmd_tokenizer, NULL, "tokenizer", "train", "--type", "byte", "-o", "t.json", "corpus"), 0, "%s",
                 small_err);
    cr_assert_eq(RUN(qp_cmd_tokenizer, "a\r\nb \n", "tokenizer", "encode", "-m", "t.json"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 2);
}
