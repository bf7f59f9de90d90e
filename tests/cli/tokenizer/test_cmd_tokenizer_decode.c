#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    cr_assert_eq(
        RUN(qp_tokenizer_train_main, NULL, "train", "--type", "bpe", "--vocab-size", "300", "-o", "t.json", "corpus"),
        0, "%s", small_err);
}

TestSuite(cmd_tokenizer_decode, .init = set_up, .fini = small_model_clean);

#define ENCODE(input, ...) RUN(qp_tokenizer_encode_main, input, "encode", "-m", "t.json", __VA_ARGS__)
#define DECODE(input, ...) RUN(qp_tokenizer_decode_main, input, "decode", "-m", "t.json", __VA_ARGS__)

/* decode --json reads what encode --json writes, and lines of ids, too. */
Test(cmd_tokenizer_decode, json_in_and_out)
{
    cr_assert_eq(ENCODE("the cat sees \"a\" dog\n\n", "--json"), 0, "%s", small_err);
    char *made = strdup(small_out);
    cr_assert_eq(DECODE(made, "--json"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "{\"text\":\"the cat sees \\\"a\\\" dog\"}\n{\"text\":\"\"}\n");
    cr_assert_eq(ENCODE("the cat\n", "--ids"), 0, "%s", small_err);
    char *ids = strdup(small_out);
    cr_assert_eq(DECODE(ids, "--json"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "{\"text\":\"the cat\"}\n");
    static const char *const wrong[][2] = {{"{\"ids\":7}\n", "stdin:1: the object has no list of \"ids\""},
                                           {"{\"text\":\"a\"}\n", "has no list"},
                                           {"{\"ids\":[5,-1]}\n", "number 1 of \"ids\" is not an id"},
                                           {"{\"ids\":[5,6,9999]}\n", "number 2 of \"ids\" is not an id"},
                                           {"{\"ids\":[5.5]}\n", "number 0 of \"ids\" is not an id"},
                                           {"{\"ids\":[5]\n", "stdin:1"}};
    for (int i = 0; i < 6; i++) {
        cr_expect_eq(DECODE(wrong[i][0], "--json"), 65, "%s", wrong[i][0]);
        cr_expect(strstr(small_err, wrong[i][1]), "%s", small_err);
    }
    free(made);
    free(ids);
}

/* Special tokens have no text unless they are asked for. */
Test(cmd_tokenizer_decode, special_tokens)
{
    cr_assert_eq(DECODE("2\n2 2\n", "--ids"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "\n\n");
    cr_assert_eq(DECODE("2\n", "--ids", "--keep-special"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "</s>\n");
    cr_assert_eq(DECODE("</s>\n", "--pieces", "--keep-special"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "</s>\n");
}

/* Any number of blanks separates ids; the wrong one is named with its line. */
Test(cmd_tokenizer_decode, words_of_a_line)
{
    cr_assert_eq(ENCODE("the cat\n", "--pieces"), 0, "%s", small_err);
    char spaced[400] = "  ", *made = strdup(small_out);
    for (char *rest = made, *word; (word = strsep(&rest, " \n"));) strcat(strcat(spaced, word), "   ");
    strcat(spaced, "\n");
    cr_assert_eq(DECODE(spaced, "--pieces"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, "the cat\n");
    cr_assert_eq(DECODE("5\n5 12x\n", "--ids"), 65);
    cr_assert(strstr(small_err, "stdin:2: \"12x\" is not an id of this tokenizer (0 to "), "%s", small_err);
    cr_assert_eq(DECODE("99999999999999999999\n", "--ids"), 65);
    cr_assert(strstr(small_err, "stdin:1: \"99999999999999999999\" is not an id"), "%s", small_err);
    cr_assert_eq(DECODE("zebra!\n", "--pieces"), 65);
    cr_assert(strstr(small_err, "\"zebra!\" is not a piece"), "%s", small_err);
    free(made);
}
