#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("regress", 5); }

TestSuite(predict_series, .init = set_up, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

Test(predict_series, the_last_window_and_all_windows)
{
    cr_assert_eq(PREDICT(NULL, "days.csv"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 1);
    char *last = strdup(small_out);
    cr_assert_eq(PREDICT(NULL, "--rolling", "days.csv"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 60 - 4 + 1);
    cr_assert(STARTS(small_out, "5\t"), "%.40s", small_out);
    cr_assert(strstr(small_out, "\n61\t"), "%s", small_out);
    cr_assert_str_eq(strstr(small_out, "\n61\t") + 4, last);
    free(last);
}

Test(predict_series, json)
{
    cr_assert_eq(PREDICT(NULL, "--json", "days.csv"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"column\":\"temp\",\"row\":61,\"forecast\":["), "%s", small_out);
}

Test(predict_series, a_short_series)
{
    cr_assert_eq(PREDICT("day,temp\n1,2\n2,3\n", "-"), 65);
    cr_assert(strstr(small_err, "2 rows, but the model reads 4"), "%s", small_err);
}
