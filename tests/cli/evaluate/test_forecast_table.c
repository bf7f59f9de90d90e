#include "cli/evaluate/forecast_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

static void set_up(void) { small_task_train("regress", 5); }

TestSuite(forecast_table, .init = set_up, .fini = small_model_clean);

enum { ROWS = 60, WINDOW = 4 }; /* of days.csv and its model */

#define EVALUATE(...)                                                                                                  \
    RUN(qp_cmd_evaluate, NULL, "evaluate", "mae", "-m", "m.safetensors", "--test", "days.csv", __VA_ARGS__)

static double temperature(int row) { return row * row % 17 + 0.5; }

/* The mean absolute difference from the value `rows` earlier. */
static double error_of_copies(int rows)
{
    double sum = 0;
    for (int i = WINDOW; i < ROWS; i++) sum += fabs(temperature(i) - temperature(i - rows));
    return sum / (ROWS - WINDOW);
}

static double printed(const char *row)
{
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", row);
    const char *found = strstr(small_out, key);
    cr_assert(found, "%s: %s", row, small_out);
    return atof(found + strlen(key));
}

Test(forecast_table, names_are_checked)
{
    cr_assert_eq(qp_forecast_table_check("mae,rmse,mse,r2"), QP_OK);
    cr_assert_eq(qp_forecast_table_check("mape"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "for forecasts"), "%s", qp_error_message());
}

Test(forecast_table, simple_forecasts)
{
    cr_assert_eq(EVALUATE("--json", "--period", "3"), 0, "%s", small_err);
    cr_assert_float_eq(printed("naive"), error_of_copies(1), 1e-4, "%s", small_out);
    cr_assert_float_eq(printed("seasonal"), error_of_copies(3), 1e-4, "%s", small_out);
    cr_assert_not(strstr(small_out, "\"linear\":"), "%s", small_out);
    cr_assert_eq(EVALUATE("--json", "--train", "days.csv"), 0, "%s", small_err);
    cr_assert(printed("linear") < printed("line") && !strstr(small_out, "\"seasonal\":"), "%s", small_out);
}

Test(forecast_table, the_period_is_in_the_window)
{
    cr_assert_eq(EVALUATE("--period", "5"), 2);
    cr_assert(strstr(small_err, "--period 5 is longer than the model's window of 4 rows"), "%s", small_err);
    cr_assert_str_eq(small_out, "");
}
