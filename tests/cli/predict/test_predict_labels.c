#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("classify", 90); }

TestSuite(predict_labels, .init = set_up, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

Test(predict_labels, label_and_probability_of_each_line)
{
    cr_assert_eq(PREDICT("w0 w4 w3\n\nw1 w2 w3\n", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3);
    cr_assert(STARTS(small_out, "high\t0.") || STARTS(small_out, "high\t1."), "%s", small_out);
    cr_assert(strstr(small_out, "\nlow\t"), "%s", small_out);
}

Test(predict_labels, all_labels_most_probable_first)
{
    cr_assert_eq(PREDICT("w1 w4 w3\n", "--all"), 0, "%s", small_err);
    char first[20], second[20];
    double p, q;
    cr_assert_eq(sscanf(small_out, "%19s\t%lf\t%19s\t%lf", first, &p, second, &q), 4, "%s", small_out);
    cr_assert(strcmp(first, "low") == 0 && strcmp(second, "high") == 0 && p > q, "%s", small_out);
    cr_assert_float_eq(p + q, 1, 2e-4);
}

Test(predict_labels, json)
{
    cr_assert_eq(PREDICT("w1 w4 w3\n", "--json", "--all"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"label\":\"low\",\"probability\":0."), "%s", small_out);
    cr_assert(strstr(small_out, "\"probabilities\":{\"low\":0."), "%s", small_out);
}
