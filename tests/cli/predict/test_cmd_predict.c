#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

TestSuite(cmd_predict, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

/* The answer to a line that only this task's function gives. */
Test(cmd_predict, the_task_of_the_model_decides)
{
    static const struct {
        const char *task, *input, *answer;
    } row[] = {{"classify", "w0\n", "\t0."}, {"tag", "see Ann\n", "see/"}, {"mlm", "w0 w1\n", "w0 w1\n"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        small_task_train(row[i].task, 1);
        cr_assert_eq(PREDICT(row[i].input, "-t1"), 0, "%s: %s", row[i].task, small_err);
        cr_assert(strstr(small_out, row[i].answer), "%s: %s", row[i].task, small_out);
        cr_assert_eq(small_lines(small_out), 1, "%s", small_out);
    }
}

Test(cmd_predict, files_are_read_in_their_order)
{
    small_task_train("classify", 1);
    small_file("one", "w0 w2\nw1\n", 9);
    small_file("two", "w1 w4 w3", 8);
    cr_assert_eq(PREDICT("w0 w2\nw1\nw1 w4 w3\n", "-t1", "--all"), 0, "%s", small_err);
    char *whole = strdup(small_out);
    cr_assert_eq(small_lines(whole), 3);
    cr_assert_eq(PREDICT(NULL, "-t1", "--all", "one", "two"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, whole);
    cr_assert_eq(PREDICT("w1 w4 w3\n", "-t2", "--all", "one", "-"), 0, "%s", small_err);
    cr_assert_str_eq(small_out, whole);
    cr_assert_eq(PREDICT(NULL, "one", "nowhere"), 66, "%s", small_err);
    cr_assert_str_empty(small_out, "no file is read before all are found: %s", small_out);
    free(whole);
}

/* The line that is cut is named, with what it had and what is read. */
Test(cmd_predict, lines_that_are_too_long_are_cut_with_a_warning)
{
    small_task_train("classify", 1);
    char line[6000] = "w0\n";
    for (int i = 0; i < 1500; i++) strcat(line, "w1 ");
    cr_assert_eq(PREDICT(line, "-"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 2);
    cr_assert(strstr(small_err, "stdin:2: 3001 tokens"), "%s", small_err);
}

Test(cmd_predict, models_and_options_that_do_not_fit)
{
    small_model_write("m.safetensors", false);
    cr_assert_eq(PREDICT("the cat\n", "-"), 2);
    cr_assert(strstr(small_err, "m.safetensors: is a translat"), "%s", small_err);
    small_task_train("tag", 1);
    cr_assert_eq(PREDICT("see\n", "--pairs"), 2);
    cr_assert_str_eq(
        small_err, "quipu: predict: --pairs would change nothing here, it is for classifiers of texts; leave it out\n");
    cr_assert_eq(RUN(qp_cmd_predict, NULL, "predict"), 2);
    cr_assert(strstr(small_err, "-m"), "%s", small_err);
}
