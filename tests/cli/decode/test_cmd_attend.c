#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(cmd_attend, .init = set_up, .fini = small_model_clean);

#define ATTEND(...) RUN(qp_cmd_attend, NULL, "attend", "-m", "m.safetensors", __VA_ARGS__)

Test(cmd_attend, the_suffix_is_the_format)
{
    static const char *const name[] = {"map.json", "map.html", "map.svg", "map.txt"};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(ATTEND("--src", "the cat", "--tgt", "a dog", "-o", name[i]), 0, "%s", small_err);
        cr_assert(qp_file_exists(name[i]), "%s", name[i]);
    }
    cr_assert_eq(ATTEND("--src", "the cat", "-o", "map.doc"), 2, "%s", small_err);
}

Test(cmd_attend, the_terminal_shows_the_words)
{
    cr_assert_eq(ATTEND("--src", "the cat", "--tgt", "a dog", "--colour", "never"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "cat") && strstr(small_out, "dog"), "%s", small_out);
    cr_assert_not(strchr(small_out, '\033'), "%s", small_out);
}

Test(cmd_attend, mistakes)
{
    cr_assert_eq(ATTEND("--tgt", "a dog"), 2);
    cr_assert(strstr(small_err, "--text TEXT"), "%s", small_err);
    cr_assert_eq(ATTEND("--src", "a", "--text", "b"), 2);
    cr_assert(strstr(small_err, "give one of them"), "%s", small_err);
    cr_assert_eq(ATTEND("--src", "a", "--src", "b"), 2);
    cr_assert(strstr(small_err, "given twice"), "%s", small_err);
    cr_assert_eq(ATTEND("--src", "\xff\xfe"), 65);
    cr_assert(strstr(small_err, "--src: byte 1 is not UTF-8"), "%s", small_err);
    cr_assert_eq(ATTEND("--src", "the cat", "--layer", "9"), 2, "%s", small_err);
    small_model_write("m.safetensors", true);
    cr_assert_eq(ATTEND("--src", "the cat"), 2);
    cr_assert(strstr(small_err, "is a language model"), "%s", small_err);
}

Test(cmd_attend, text_is_the_sentence_of_any_model)
{
    cr_assert_eq(ATTEND("--src", "the cat", "--tgt", "a dog", "-o", "map.json"), 0, "%s", small_err);
    cr_assert_eq(ATTEND("--text", "the cat", "--tgt", "a dog", "-o", "same.json"), 0, "%s", small_err);
    char *first, *second;
    size_t bytes, other;
    cr_assert_eq(qp_file_read("map.json", 1 << 24, &first, &bytes), QP_OK);
    cr_assert_eq(qp_file_read("same.json", 1 << 24, &second, &other), QP_OK);
    cr_assert_str_eq(first, second);
    free(first);
    free(second);
    small_model_write("m.safetensors", true);
    cr_assert_eq(ATTEND("--text", "the cat sees", "-o", "map.txt"), 0, "%s", small_err);
}

/* A sentence that the model cannot read whole is cut, as translate cuts it. */
Test(cmd_attend, a_long_sentence_is_cut)
{
    char text[400] = "";
    for (int i = 0; i < 40; i++) strcat(text, "dog ");
    cr_assert_eq(ATTEND("--text", text, "--tgt", "a dog", "-o", "map.json"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "--text: ") && strstr(small_err, "cut to 23"), "%s", small_err);
    cr_assert_eq(ATTEND("--src", text, "--tgt", "a dog", "-o", "map.json"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "--src: ") && strstr(small_err, "cut to 23"), "%s", small_err);
    cr_assert_eq(ATTEND("--text", "a dog", "--tgt", text, "-o", "map.json"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "--tgt: ") && strstr(small_err, "cut to 23"), "%s", small_err);
    cr_assert_eq(ATTEND("--text", "a dog", "--tgt", "a dog", "-o", "map.json"), 0, "%s", small_err);
    cr_assert_str_empty(small_err);
}
