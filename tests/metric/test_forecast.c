#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/random.h"
#include "lib/metric/forecast.h"
#include "tests/metric/metric_cases.h"

Test(forecast, simple_forecasts)
{
    const double window[6] = {1, 3, 5, 7, 9, 11};
    double f[4];
    qp_forecast_naive(window, 6, 4, f);
    cr_assert(f[0] == 11 && f[3] == 11);
    qp_forecast_seasonal(window, 6, 3, 4, f);
    cr_assert(f[0] == 7 && f[1] == 9 && f[2] == 11 && f[3] == 7);
    qp_forecast_line(window, 6, 4, f);
    for (int i = 0; i < 4; i++) cr_assert_float_eq(f[i], 13 + 2 * i, 1e-12);
    qp_forecast_line(window, 1, 2, f);
    cr_assert(f[0] == 1 && f[1] == 1);
}

/* x_t = 0.5 x_{t-1} + 0.3 x_{t-2} + 2 is what a regression on two values finds. */
Test(forecast, linear_regression_finds_the_rule)
{
    double value[200] = {10, -4};
    for (int i = 2; i < 200; i++)
        value[i] = 0.5 * value[i - 1] + 0.3 * value[i - 2] + 2 + qp_random_normal(5, (uint64_t)i) * 1e-3;
    qp_linear_forecast linear;
    cr_assert_eq(qp_linear_forecast_fit(value, 200, 2, 2, &linear), QP_OK);
    double f[2], window[2] = {4, 20};
    qp_linear_forecast_make(&linear, window, f);
    cr_assert_float_eq(f[0], 0.5 * 20 + 0.3 * 4 + 2, 0.01, "%g", f[0]);
    cr_assert_float_eq(f[1], 0.5 * 13.2 + 0.3 * 20 + 2, 0.01, "%g", f[1]);
    qp_linear_forecast_free(&linear);
}

Test(forecast, windows_that_depend_on_each_other_stay_finite)
{
    double value[60], f[3];
    for (int constant = 0; constant < 2; constant++) {
        for (int i = 0; i < 60; i++) value[i] = constant ? 7 : 1e6 + 3.0 * i;
        qp_linear_forecast linear;
        cr_assert_eq(qp_linear_forecast_fit(value, 60, 12, 3, &linear), QP_OK);
        qp_linear_forecast_make(&linear, value + 48, f);
        for (int i = 0; i < 3; i++) cr_assert_float_eq(f[i], constant ? 7 : 1e6 + 3.0 * (60 + i), 0.01, "%g", f[i]);
        qp_linear_forecast_free(&linear);
    }
    qp_linear_forecast linear;
    cr_assert_eq(qp_linear_forecast_fit(value, 14, 12, 3, &linear), QP_EDATA);
    cr_assert_eq(qp_linear_forecast_fit(value, 60, 0, 3, &linear), QP_EUSAGE);
    cr_assert_eq(qp_linear_forecast_fit(value, 60, 3, 0, &linear), QP_EUSAGE);
}

static double *numbers(const json_t *array)
{
    double *value = malloc(json_array_size(array) * sizeof *value);
    for (size_t i = 0; i < json_array_size(array); i++) value[i] = json_number_value(json_array_get(array, i));
    return value;
}

static json_t *compute(const json_t *json)
{
    const json_t *truth = json_object_get(json, "true");
    double *value = numbers(truth), *forecast = numbers(json_object_get(json, "predicted"));
    qp_forecast_sums sums = {0};
    qp_forecast_add(&sums, value, forecast, (int)json_array_size(truth));
    free(value);
    free(forecast);
    return json_pack("{s:f, s:f, s:f, s:f}", "mse", qp_forecast_mse(&sums), "rmse", qp_forecast_rmse(&sums), "mae",
                     qp_forecast_mae(&sums), "r2", qp_forecast_r2(&sums));
}

Test(forecast, reference_figures) { run_cases("regression.json", "regression", compute); }

Test(forecast, nothing_and_constants)
{
    qp_forecast_sums sums = {0};
    cr_assert(qp_forecast_mae(&sums) == 0 && qp_forecast_rmse(&sums) == 0);
    qp_forecast_add(&sums, (const double[]){2, 2}, (const double[]){2, 2}, 2);
    cr_assert_eq(qp_forecast_r2(&sums), 1);
    qp_forecast_add(&sums, (const double[]){2}, (const double[]){3}, 1);
    cr_assert_eq(qp_forecast_r2(&sums), 0);
}
