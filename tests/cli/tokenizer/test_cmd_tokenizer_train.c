#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(cmd_tokenizer_train, .init = set_up, .fini = small_model_clean);

#define TRAIN(input, ...) RUN(qp_tokenizer_train_main, input, "train", __VA_ARGS__)

Test(cmd_tokenizer_train, report)
{
    cr_assert_eq(
        TRAIN(NULL, "--type", "word", "--byte-fallback", "false", "--vocab-size", "60", "-o", "t.json", "corpus"), 0,
        "%s", small_err);
    cr_assert(STARTS(small_err, "4 lines, 71 bytes, 19 words (11 distinct); "), "%s", small_err);
    cr_assert(strstr(small_err, "\n19 tokens: 3.737 bytes each; unknown 0.0000 %"), "%s", small_err);
    const char *longest = strstr(small_err, "\nlongest pieces: ▁");
    cr_assert(longest && strstr(longest, "▁sees") < strstr(longest, "▁the"), "%s", small_err);
    cr_assert_eq(TRAIN(NULL, "-q", "-o", "t.json", "--vocab-size", "300", "corpus"), 0, "%s", small_err);
    cr_assert_str_eq(small_err, "");
}

Test(cmd_tokenizer_train, words_beyond_the_vocabulary_are_unknown)
{
    cr_assert_eq(
        TRAIN("a a a b b c\n", "--type", "word", "--byte-fallback", "false", "--vocab-size", "7", "-o", "t.json"), 0,
        "%s", small_err);
    cr_assert(strstr(small_err, "6 words (3 distinct); 7 pieces"), "%s", small_err);
    cr_assert(strstr(small_err, "unknown 16.6667 %"), "%s", small_err);
}

Test(cmd_tokenizer_train, standard_streams)
{
    cr_assert_eq(TRAIN("a b\n", "-q", "--type", "byte"), 0, "%s", small_err);
    small_file("t.json", small_out, strlen(small_out));
    cr_assert_eq(RUN(qp_tokenizer_encode_main, "ab\n", "encode", "-m", "t.json"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 1, "%s", small_out);
}

Test(cmd_tokenizer_train, mistakes)
{
    cr_assert_eq(TRAIN(NULL, "--type", "zebra", "corpus"), 2);
    cr_assert(strstr(small_err, "--type: 'zebra' is unknown"), "%s", small_err);
    cr_assert_eq(TRAIN(NULL, "--type", "char", "--vocab-size", "60", "-o", "t.json", "corpus"), 2);
    cr_assert(strstr(small_err, "raise --vocab-size or set --byte-fallback false"), "%s", small_err);
    cr_assert_not(qp_file_exists("t.json"));
    cr_assert_eq(TRAIN(NULL, "nowhere"), 66, "%s", small_err);
}
