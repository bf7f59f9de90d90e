#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("lm.safetensors", true); }

TestSuite(cmd_generate, .init = set_up, .fini = small_model_clean);

#define GENERATE(input, ...) RUN(qp_cmd_generate, input, "generate", "-m", "lm.safetensors", __VA_ARGS__)

Test(cmd_generate, goes_on_with_the_prompt)
{
    cr_assert_eq(GENERATE(NULL, "-p", "the cat", "-n", "12"), 0, "%s", small_err);
    cr_assert_eq(strncmp(small_out, "the cat ", 8), 0, "%s", small_out);
    cr_assert_eq(small_lines(small_out), 1);
    char *whole = strdup(small_out);
    cr_assert_eq(GENERATE(NULL, "-p", "the cat", "-n", "12", "--no-echo"), 0);
    cr_assert_str_eq(small_out, whole + 7);
    cr_assert_eq(GENERATE("the cat\n", "-f-", "-n", "12"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, whole);
    small_file("prompt", "the cat", 7);
    cr_assert_eq(GENERATE(NULL, "--file", "prompt", "-n", "12"), 0);
    cr_assert_str_eq(small_out, whole);
    cr_assert_eq(GENERATE(NULL, "-p", "the cat", "-n", "12", "--seed=2"), 0);
    cr_assert_str_neq(small_out, whole);
    free(whole);
}

Test(cmd_generate, any_number_of_threads_writes_the_same)
{
    cr_assert_eq(GENERATE(NULL, "--samples=7", "-n60", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 13);
    cr_assert(strstr(small_out, "\n---\n"));
    char *one = strdup(small_out);
    for (int i = 0; i < 6; i++) {
        char threads[] = "-t2";
        threads[2] = (char)('2' + i % 3);
        cr_assert_eq(GENERATE(NULL, "--samples=7", "-n60", threads), 0);
        cr_assert_str_eq(small_out, one);
    }
    /* text i is the same however many there are */
    cr_assert_eq(GENERATE(NULL, "--samples=2", "-n60"), 0);
    char *second = strstr(small_out, "---\n");
    cr_assert(second && strncmp(small_out, one, strlen(small_out)) == 0);
    free(one);
}

Test(cmd_generate, filters_and_stops)
{
    cr_assert_eq(GENERATE(NULL, "--temp=0", "-n20"), 0);
    char *greedy = strdup(small_out);
    const char *const same[] = {"--top-k=1", "--top-p=0.0001", "--min-p=1"};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(GENERATE(NULL, same[i], "-n20", "--seed=9"), 0, "%s", small_err);
        cr_assert_str_eq(small_out, greedy, "%s", same[i]);
    }
    cr_assert_eq(GENERATE(NULL, "--temp=0", "-n20", "--no-repeat-ngram=2", "--repeat-penalty=1.5", "--typical=0.9"), 0);
    cr_assert_eq(GENERATE(NULL, "--temp=3", "-n40", "--seed=4"), 0);
    char *hot = strdup(small_out), *space = strchr(hot + 1, ' ');
    cr_assert(space);
    cr_assert_eq(GENERATE(NULL, "--temp=3", "-n40", "--seed=4", "--stop", "nothing of this", "--stop", " "), 0);
    cr_assert_eq(strncmp(small_out, hot, (size_t)(space - hot)), 0);
    cr_assert_eq(strlen(small_out), (size_t)(space - hot) + 1, "%s", small_out);
    free(hot);
    free(greedy);
}

Test(cmd_generate, json_tells_how_it_ended)
{
    cr_assert_eq(GENERATE(NULL, "--json", "-n5", "-p", "a bird", "--samples=3"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3);
    json_t *one = json_loads(small_out, JSON_DISABLE_EOF_CHECK, NULL);
    cr_assert_str_eq(json_string_value(json_object_get(one, "prompt")), "a bird");
    const char *end = json_string_value(json_object_get(one, "end"));
    cr_assert(end && json_string_value(json_object_get(one, "text")));
    json_int_t tokens = json_integer_value(json_object_get(one, "tokens"));
    cr_assert(strcmp(end, "length") == 0 ? tokens == 5 : tokens <= 5);
    json_decref(one);
}

Test(cmd_generate, mistakes_are_reported)
{
    cr_assert_eq(GENERATE(NULL, "-p", "a", "-f", "corpus"), 2);
    cr_assert_eq(GENERATE(NULL, "-p", "a", "-p", "b"), 2);
    cr_assert_eq(GENERATE(NULL, "-f", "absent"), 66);
    cr_assert(strstr(small_err, "absent"), "%s", small_err);
    cr_assert_eq(GENERATE(NULL, "--temp=-1"), 2);
    cr_assert_eq(GENERATE(NULL, "--top-p=2"), 2);
    cr_assert_eq(GENERATE(NULL, "--tmp=2"), 2);
    cr_assert(strstr(small_err, "did you mean"), "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_generate, NULL, "generate", "-p", "a"), 2);
    small_model_write("mt.safetensors", false);
    cr_assert_eq(RUN(qp_cmd_generate, NULL, "generate", "-m", "mt.safetensors"), 2);
    cr_assert(strstr(small_err, "use quipu translate"), "%s", small_err);
    cr_assert_eq(small_run(qp_cmd_generate, NULL, "/dev/full",
                           (const char *const[]){"generate", "-m", "lm.safetensors", "-p", "a", NULL}),
                 74);
}
