#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(cmd_translate, .init = set_up, .fini = small_model_clean);

#define TRANSLATE(input, ...) RUN(qp_cmd_translate, input, "translate", "-m", "m.safetensors", __VA_ARGS__)

static const char three[] = "the cat\n\na dog sees the bird\n";

Test(cmd_translate, a_line_for_each_line)
{
    cr_assert_eq(TRANSLATE(three, "--max-length", "6"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3, "%s", small_out);
    cr_assert(strstr(small_out, "\n\n"), "the empty line: %s", small_out);
    cr_assert_str_empty(small_err);
    char *plain = strdup(small_out);
    small_file("one", "the cat\n\n", 9);
    small_file("two", "a dog sees the bird", 19); /* no line feed at the end is a line all the same */
    cr_assert_eq(TRANSLATE(NULL, "--max-length=6", "one", "two"), 0);
    cr_assert_str_eq(small_out, plain);
    cr_assert_eq(TRANSLATE("the cat\r\n\r\na dog sees the bird\r\n", "--max_length=6", "-"), 0);
    cr_assert_str_eq(small_out, plain);
    cr_assert_eq(TRANSLATE("", "--max-length=6"), 0);
    cr_assert_str_empty(small_out);
    free(plain);
}

Test(cmd_translate, batch_size_and_threads_change_nothing)
{
    static const char *const word[] = {"the ", "cat ", "sees ", "a ", "dog ", "", "bird "};
    char *text = calloc(1, 40000), *first = NULL;
    for (unsigned i = 0, draw = 1; i < 1300; i++) {
        for (unsigned j = 0; j < i % 6; j++)
            strcat(text + (i ? strlen(text) - 1 : 0), word[(draw = draw * 75 + 74) % 7]);
        strcat(text, "\n");
    }
    static const char *const way[][4] = {{"--batch-size", "1", "-t", "1"},
                                         {"--batch-size", "64", "-t", "1"},
                                         {"--batch-size", "64", "-t", "2"},
                                         {"--batch-size", "9", "-t", "3"}};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(
            TRANSLATE(text, "--max-length=5", "-b3", "--scores=token", way[i][0], way[i][1], way[i][2], way[i][3]), 0);
        if (!first) first = strdup(small_out);
        cr_assert_eq(small_lines(small_out), 1300);
        cr_assert_str_eq(small_out, first, "%s %s %s %s", way[i][0], way[i][1], way[i][2], way[i][3]);
    }
    free(first);
    free(text);
}

Test(cmd_translate, n_best_lines)
{
    cr_assert_eq(TRANSLATE(three, "--max-length=6", "--n-best=3"), 0);
    cr_assert_eq(small_lines(small_out), 7, "%s", small_out);
    double before = 0;
    int id_before = -1, fields = 0;
    for (char *rest = small_out, *line; (line = strsep(&rest, "\n")) && *line;) {
        int id = atoi(line);
        double score = atof(strrchr(line, '|') + 1);
        fields = 0;
        for (char *at = line; (at = strstr(at, "|||")); at += 3) fields++;
        cr_assert_eq(fields, 3, "%s", line);
        cr_assert(id == id_before ? score <= before : id == id_before + 1, "%s", line);
        id_before = id;
        before = score;
    }
    cr_assert_eq(id_before, 2);
}

Test(cmd_translate, json_lines)
{
    cr_assert_eq(TRANSLATE(three, "--max-length=6", "--json", "--n-best=2", "--alignment=hard"), 0);
    int lines = 0;
    for (char *rest = small_out, *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        json_t *object = json_loads(line, 0, NULL);
        cr_assert(object, "%s", line);
        cr_assert(json_is_string(json_object_get(object, "text")));
        cr_assert(json_is_real(json_object_get(object, "score")));
        json_t *tokens = json_object_get(object, "tokens"), *token;
        double sum = 0;
        size_t i;
        json_array_foreach (tokens, i, token) {
            cr_assert(json_is_string(json_object_get(token, "text")));
            sum += json_real_value(json_object_get(token, "logprob"));
        }
        cr_assert_float_eq(sum, json_real_value(json_object_get(object, "logprob")), 1e-4);
        cr_assert_eq(json_array_size(json_object_get(object, "n_best")), lines == 1 ? 1 : 2);
        json_t *pairs = json_object_get(object, "alignment"), *pair;
        json_array_foreach (pairs, i, pair) {
            cr_assert_lt(json_integer_value(json_array_get(pair, 0)),
                         (json_int_t)json_array_size(json_object_get(object, "source")) - 1);
            cr_assert_eq(json_integer_value(json_array_get(pair, 1)), (json_int_t)i);
        }
        json_decref(object);
    }
    cr_assert_eq(lines, 3);
}

Test(cmd_translate, what_comes_in_does_not_matter)
{
    char *long_line = malloc(3000001);
    for (int i = 0; i < 3000000; i += 4) memcpy(long_line + i, "cat ", 4);
    small_file("long", long_line, 3000000);
    free(long_line);
    cr_assert_eq(TRANSLATE(NULL, "--max-length=3", "long"), 0);
    cr_assert_eq(small_lines(small_out), 1);
    cr_assert(strstr(small_err, "long:1: ") && strstr(small_err, "cut to 23"), "%s", small_err);
    small_file("odd", "a\0b\n\xef\xbf\xbd\n\x01\n\n", 11);
    cr_assert_eq(TRANSLATE(NULL, "--max-length=3", "odd"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 4);
    small_file("odd", "a\nbad \xff\xfe utf\n", 14);
    cr_assert_eq(TRANSLATE(NULL, "--max-length=3", "odd"), 65, "%s", small_err);
    cr_assert(strstr(small_err, "odd:2: byte 5 is not UTF-8"), "%s", small_err);
}

static void fails(int code, int expected, const char *told)
{
    cr_assert_eq(code, expected, "%d: %s", code, small_err);
    cr_assert_eq(small_lines(small_err), 1, "%s", small_err);
    cr_assert(strncmp(small_err, "quipu: ", 7) == 0 && strstr(small_err, told), "%s", small_err);
}

Test(cmd_translate, mistakes_are_reported)
{
    fails(RUN(qp_cmd_translate, "a\n", "translate"), 2, "-m");
    fails(RUN(qp_cmd_translate, "a\n", "translate", "-m", "none"), 66, "none");
    small_file("text", "no model at all, but long enough\n", 33);
    fails(RUN(qp_cmd_translate, "a\n", "translate", "-m", "text"), 65, "text");
    small_file("empty", "", 0);
    fails(RUN(qp_cmd_translate, "a\n", "translate", "-m", "empty"), 65, "empty");
    fails(TRANSLATE(NULL, "nowhere"), 66, "nowhere");
    fails(TRANSLATE(three, "--beem-size", "3"), 2, "beam-size");
    fails(TRANSLATE(three, "--beam-size", "three"), 2, "three");
    fails(TRANSLATE(three, "--beam-size", "0"), 2, "beam-size");
    fails(TRANSLATE(three, "-b2", "--n-best=3"), 2, "--n-best 3");
    fails(TRANSLATE(three, "--min-length=9", "--max-length=3"), 2, "--min-length 9");
    small_model_write("lm.safetensors", true);
    fails(RUN(qp_cmd_translate, "a\n", "translate", "-m", "lm.safetensors"), 2, "language model");
}

Test(cmd_translate, lost_output_is_reported)
{
    static const char *const word[] = {"translate", "-m", "m.safetensors", "--max-length=3", NULL};
    fails(small_run(qp_cmd_translate, three, "/dev/full", word), 74, "stdout");
}
