#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

enum { WIDTH = 16, CHUNK = 256 };

static void set_up(void) { small_model_write("m.safetensors", true); }

TestSuite(embed_lines, .init = set_up, .fini = small_model_clean);

#define EMBED(input, ...) RUN(qp_cmd_embed, input, "embed", "-m", "m.safetensors", __VA_ARGS__)

/* Lines beyond a chunk have the same vectors as those at its beginning. */
Test(embed_lines, a_vector_for_each_line)
{
    char *text = calloc(CHUNK + 2, 16), *at = text;
    for (int i = 0; i < CHUNK + 2; i++) at = stpcpy(at, i % 2 ? "a dog\n" : "the cat\n");
    cr_assert_eq(EMBED(text, "-t", "2"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), CHUNK + 2);
    int numbers = 0;
    for (const char *c = small_out; *c != '\n'; c++) numbers += *c == ' ';
    cr_expect_eq(numbers, WIDTH - 1);
    char *made = strdup(small_out);
    cr_assert_eq(EMBED("the cat\na dog\n", "-"), 0, "%s", small_err);
    cr_expect(STARTS(made, small_out), "the first two");
    cr_expect_str_eq(made + strlen(made) - strlen(small_out), small_out, "the last two");
    free(made);
    free(text);
}

Test(embed_lines, input_and_mistakes)
{
    small_file("lines", "a dog\n", 6);
    cr_assert_eq(EMBED(NULL, "lines"), 0, "%s", small_err);
    char *made = strdup(small_out);
    cr_assert_eq(EMBED(NULL, "--file", "lines"), 0, "%s", small_err);
    cr_expect_str_eq(small_out, made);
    cr_expect_eq(EMBED(NULL, "--file", "lines", "lines"), 2);
    cr_expect(strstr(small_err, "give one of them"), "%s", small_err);
    cr_expect_eq(EMBED(NULL, "absent"), 66);
    free(made);
}

Test(embed_lines, long_lines_are_cut_with_a_warning)
{
    char text[400] = "";
    for (int i = 0; i < 60; i++) strcat(text, "dog ");
    cr_assert_eq(EMBED(text, "-"), 0, "%s", small_err);
    cr_expect_eq(small_lines(small_out), 1);
    cr_expect(strstr(small_err, "stdin:1"), "%s", small_err);
}
