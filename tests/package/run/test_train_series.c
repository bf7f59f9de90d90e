#include "lib/run/train_series.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/quipu.h"
#include "tests/package/run/small_run.h"

TestSuite(train_series, .init = small_run_folder, .fini = small_run_clean);

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

/* ---- what a run reads ---- */

static void write_rows(const char *path, int rows)
{
    FILE *file = fopen(path, "w");
    fputs("x\n", file);
    for (int i = 0; i < rows; i++) fprintf(file, "%.3f\n", sin(i) + i % 3);
    cr_assert_eq(fclose(file), 0);
}

#define SERIES "task", "regress", "decoder", "none", SMALL, "train", "train.csv"

/* --batch-size counts windows, or their rows, and then at least one window; each window of a part is read once. */
Test(train_series, batches)
{
    static const struct {
        const char *type, *size;
        int64_t batches; /* of 12 windows of 5 rows */
    } row[] = {{"sentence", "1", 12}, {"sentence", "4", 3}, {"token", "20", 3}, {"token", "24", 3},
               {"token", "5", 12},    {"token", "4", 12},   {"token", "60", 1}, {"token", "10", 6}};
    write_rows("train.csv", 17);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {SERIES,       "valid",     "train.csv",  "window",    "5",
                                      "batch_type", row[i].type, "batch_size", row[i].size, NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_scaling *scaling = &run.data.package->scaling;
        for (int part = 0; part < QP_PARTS; part++) {
            const qp_batch_source *batches = &run.data.batches[part];
            int64_t count, windows = 0;
            bool in_order = true;
            cr_assert_eq(batches->begin(batches->self, 0, &count), QP_OK);
            cr_expect_eq(count, row[i].batches, "row %zu: %d", i, (int)count);
            for (int64_t b = 0; b < count; b++) {
                qp_batch batch;
                cr_assert_eq(batches->get(batches->self, b, 0, &batch), QP_OK, "%s", qp_error_message());
                for (int k = 0; k < batch.source.sequences.count; k++, windows++) {
                    qp_real expected[5];
                    qp_scaling_input(scaling, &run.data.series[part], windows, expected);
                    in_order = in_order && !memcmp(batch.source_value + 5 * k, expected, sizeof expected);
                }
            }
            cr_expect_eq(windows, 12);
            cr_expect_eq(in_order, part == QP_VALIDATION, "row %zu, part %d", i, part);
        }
        qp_train_run_free(&run);
    }
}

/* What is held back are the last rows, whose first forecast has its window from the rows before. */
Test(train_series, the_end_of_a_series_is_held_back)
{
    static const char *const option[] = {SERIES, "window", "24", NULL};
    write_rows("train.csv", 300);
    qp_train_run run;
    small_run_prepare(&run, option);
    const qp_series *train = &run.data.series[QP_TRAINING], *valid = &run.data.series[QP_VALIDATION];
    cr_expect_eq(train->rows, 270);
    cr_expect_eq(valid->rows, 24 + 30);
    cr_expect_eq(qp_series_value(valid, 23, 0), qp_series_value(train, 269, 0));
    cr_expect_eq(qp_scaling_windows(&run.data.package->scaling, valid), 30);
    cr_expect(strstr(small_run_notes, "validation held back from line 271 on"), "%s", small_run_notes);
    qp_train_run_free(&run);
}

Test(train_series, what_is_printed)
{
    static char one[] = "load", two[] = "heat";
    char *names[] = {one, two}, *text = NULL;
    size_t bytes;
    qp_package package = {.scaling = {.columns = 2, .window = 5, .horizon = 2, .name = names}};
    const qp_train_data data = {.package = &package,
                                .has_valid = true,
                                .series = {{.columns = 2, .rows = 20, .holes = 3}, {.columns = 2, .rows = 7}}};
    FILE *stream = open_memstream(&text, &bytes);
    qp_series_print(&data, stream);
    fclose(stream);
    cr_expect_str_eq(text, "columns    load, heat; 5 rows in, 2 forecast\n"
                           "training   20 rows, 14 windows; 3 holes filled\nvalidation 7 rows, 1 windows\n");
    free(text);
}

/* ---- forecasts ---- */

/* Quantiles rise, whatever the network says; each window is forecast as if it were alone. */
Test(train_series, quantiles_of_many_windows)
{
    enum { HORIZON = 2, QUANTILES = 3, OUTPUTS = HORIZON * QUANTILES, ROWS = 300 };
    static const char *const option[] = {SERIES, "valid", "none",     "window",    "4",           "horizon",
                                         "2",    "loss",  "quantile", "quantiles", "0.1,0.5,0.9", NULL};
    static double all[ROWS * OUTPUTS], some[ROWS * OUTPUTS], middle[ROWS * HORIZON];
    write_rows("train.csv", ROWS);
    qp_train_run run;
    small_run_prepare(&run, option);
    const qp_package *m = run.data.package;
    const qp_series *series = &run.data.series[QP_TRAINING];
    const int64_t windows = qp_scaling_windows(&m->scaling, series);
    cr_assert_gt(windows, 257);
    cr_assert_eq(qp_series_quantiles(m, series, (qp_series_range){.step = 1, .count = windows}, 1, all), QP_OK, "%s",
                 qp_error_message());
    for (int64_t w = 0; w < windows; w++)
        for (int i = HORIZON; i < OUTPUTS; i++)
            cr_assert_geq(all[w * OUTPUTS + i], all[w * OUTPUTS + i - HORIZON], "window %d", (int)w);
    const qp_series_range thirds = {.first = 2, .step = 3, .count = 90};
    cr_assert_eq(qp_series_quantiles(m, series, thirds, 1, some), QP_OK);
    for (int w = 0; w < 90; w++)
        for (int i = 0; i < OUTPUTS; i++)
            cr_assert_float_eq(some[w * OUTPUTS + i], all[(2 + 3 * w) * OUTPUTS + i], 1e-5, "window %d", w);
    cr_assert_eq(qp_series_forecast(m, series, thirds, 1, middle), QP_OK);
    for (int w = 0; w < 90; w++)
        for (int h = 0; h < HORIZON; h++)
            cr_assert_eq(middle[w * HORIZON + h], some[w * OUTPUTS + HORIZON + h], "the median");
    qp_train_run_free(&run);
}

/* The quantile nearest to the median is the forecast. */
Test(train_series, the_middle_quantile)
{
    static const struct {
        const char *quantiles;
        int middle;
    } row[] = {{"0.1,0.5,0.9", 1}, {"0.5", 0}, {"0.45,0.9", 0}, {"0.1,0.2,0.3", 2}, {"0.4,0.6", 0}, {"0.3,0.6,0.9", 1}};
    write_rows("train.csv", 60);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const option[] = {SERIES, "valid",    "none",      "window",         "4",
                                      "loss", "quantile", "quantiles", row[i].quantiles, NULL};
        qp_train_run run;
        small_run_prepare(&run, option);
        cr_expect_eq(qp_series_middle(run.data.package), row[i].middle, "row %zu: %d", i,
                     qp_series_middle(run.data.package));
        qp_train_run_free(&run);
    }
}
