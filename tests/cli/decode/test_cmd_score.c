#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(cmd_score, .init = set_up, .fini = small_model_clean);

#define SCORE(input, ...) RUN(qp_cmd_score, input, "score", "-m", "m.safetensors", __VA_ARGS__)

static const char pairs[] = "the cat\ta dog\n\na bird\tthe fish eats\n\ta\na\t\n";

Test(cmd_score, a_number_for_each_pair)
{
    cr_assert_eq(SCORE(pairs, "--scores=token"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 5);
    char *all = strdup(small_out);
    int lines = 0;
    for (char *rest = small_out, *line; (line = strsep(&rest, "\n")) && rest; lines++) {
        if (lines == 1) {
            cr_assert_str_empty(line);
            continue;
        }
        char *at;
        double total = strtod(line, &at), sum = 0;
        cr_assert_lt(total, 0);
        cr_assert(strncmp(at, " |||", 4) == 0, "%s", line);
        for (at += 4; *at;) sum += strtod(at, &at);
        cr_assert_float_eq(sum, total, 1e-3);
    }
    for (int size = 1; size <= 3; size++) {
        char text[16];
        snprintf(text, sizeof text, "%d", size);
        cr_assert_eq(SCORE(pairs, "--scores=token", "--batch-size", text, "-t", text), 0);
        cr_assert_str_eq(small_out, all);
    }
    free(all);
}

Test(cmd_score, two_files_are_one_with_tabs)
{
    cr_assert_eq(SCORE("the cat\ta dog\na bird\tthe fish\n", "-t1"), 0);
    char *expected = strdup(small_out);
    small_file("s", "the cat\na bird\n", 15);
    small_file("t", "a dog\nthe fish\n", 15);
    small_file("short", "a dog\n", 6);
    cr_assert_eq(SCORE(NULL, "--src", "s", "--tgt", "t"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, expected);
    cr_assert_eq(SCORE(NULL, "--src", "s", "--tgt", "short"), 65);
    cr_assert(strstr(small_err, "different numbers of lines"), "%s", small_err);
    cr_assert_eq(SCORE(NULL, "--src", "short", "--tgt", "t"), 65);
    cr_assert_eq(SCORE(NULL, "--src", "s"), 2);
    cr_assert_eq(SCORE(NULL, "--src", "s", "--tgt", "t", "t"), 2);
    free(expected);
}

Test(cmd_score, agrees_with_translate)
{
    cr_assert_eq(RUN(qp_cmd_translate, "the cat sees a dog\n", "translate", "-m", "m.safetensors", "-b1", "--json",
                     "--max-length=20"),
                 0);
    json_t *found = json_loads(small_out, 0, NULL);
    const char *text = json_string_value(json_object_get(found, "text"));
    json_t *tokens = json_object_get(found, "tokens");
    char line[2000];
    snprintf(line, sizeof line, "the cat sees a dog\t%s\n", text);
    cr_assert_eq(SCORE(line, "--json"), 0);
    json_t *scored = json_loads(small_out, 0, NULL), *other = json_object_get(scored, "tokens");
    /* decoding and encoding again may give other tokens; where it does not, the scores are equal */
    for (size_t i = 0; i < json_array_size(tokens) && i < json_array_size(other); i++) {
        json_t *a = json_array_get(tokens, i), *b = json_array_get(other, i);
        if (!json_equal(json_object_get(a, "text"), json_object_get(b, "text"))) break;
        cr_assert_float_eq(json_real_value(json_object_get(a, "logprob")),
                           json_real_value(json_object_get(b, "logprob")), 1e-4);
    }
    json_decref(found);
    json_decref(scored);
}

Test(cmd_score, language_models_score_text)
{
    small_model_write("lm.safetensors", true);
    cr_assert_eq(RUN(qp_cmd_score, "the cat\n\na dog\n", "score", "-m", "lm.safetensors"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3);
    cr_assert_lt(atof(small_out), 0);
    cr_assert(strstr(small_out, "\n\n"));
}

Test(cmd_score, mistakes_are_reported)
{
    cr_assert_eq(SCORE("a\tb\nno tab\n", "-t1"), 65);
    cr_assert(strstr(small_err, "stdin:2: ") && strstr(small_err, "TAB"), "%s", small_err);
    static const char *const word[] = {"score", "-m", "m.safetensors", NULL};
    cr_assert_eq(small_run(qp_cmd_score, pairs, "/dev/full", word), 74);
}
