#include "lib/run/train_series.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/quipu.h"

/* A model must have a place for every row of a window; a larger --max-length stays. */
Test(train_series, the_model_is_as_long_as_a_window)
{
    static const int asked[] = {4, 8, 9}, made[] = {8, 8, 9};
    qp_package package = {.scaling = {.columns = 3, .window = 8}};
    const qp_train_data data = {.package = &package};
    for (int i = 0; i < 3; i++) {
        qp_model_config model = {.max_length = asked[i]};
        qp_series_sizes(&data, &model);
        cr_expect_eq(model.max_length, made[i], "of %d", asked[i]);
        cr_expect_eq(model.features, 3);
    }
}

/* Every window of the series is compared with all values of its horizon. */
Test(train_series, errors_and_coverage_are_over_the_whole_horizon)
{
    enum { ROWS = 40, WINDOW = 4, HORIZON = 3, WINDOWS = ROWS - WINDOW - HORIZON + 1, QUANTILES = 3 };
    static const char *const option[] = {"task",     "regress", "window", "4",        "horizon", "3",       "loss",
                                         "quantile", "steps",   "20",     "emb-size", "8",       "ff-size", "8",
                                         "heads",    "2",       "layers", "1",        NULL};
    char text[1000] = "x\n";
    double value[ROWS], error = 0, forecast[HORIZON], each[WINDOWS * QUANTILES * HORIZON];
    for (int i = 0; i < ROWS; i++) value[i] = sin(i) + i % 3;
    for (int i = 0; i < ROWS; i++) sprintf(text + strlen(text), "%.3f\n", value[i]);
    quipu_training training = {.size = sizeof training, .option = option, .train_text = text};
    quipu_package *package;
    cr_assert_eq(quipu_train(&training, &package, NULL), QUIPU_OK, "%s", quipu_error_message());
    const qp_series series = {.columns = 1, .rows = ROWS, .value = value, .name = package->scaling.name};
    const qp_series_range all = {.step = 1, .count = WINDOWS};
    cr_assert_eq(qp_series_quantiles(package, &series, all, 1, each), QP_OK);
    int inside = 0;
    for (int w = 0; w < WINDOWS; w++) {
        cr_assert_eq(quipu_forecast(package, value + w, WINDOW, forecast), QUIPU_OK, "%s", quipu_error_message());
        for (int h = 0; h < HORIZON; h++) {
            const double *of = each + w * QUANTILES * HORIZON + h, right = value[w + WINDOW + h];
            error += fabs(forecast[h] - right) / (WINDOWS * HORIZON);
            inside += right >= of[0] && right <= of[2 * HORIZON];
        }
    }
    qp_forecast_sums sums = {0};
    double share;
    cr_assert_eq(qp_series_compare(package, &series, 1, &sums), QP_OK);
    cr_assert_eq(qp_series_coverage(package, &series, 1, &share), QP_OK);
    cr_expect_float_eq(qp_forecast_mae(&sums), error, 1e-9 * error);
    cr_expect_float_eq(share, inside / (double)(WINDOWS * HORIZON), 1e-12);
    cr_expect(inside > 0 && inside < WINDOWS * HORIZON, "%d", inside);
    quipu_close(package);
}
