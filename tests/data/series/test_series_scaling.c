#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/series/series_windows.h"
#include "tests/data/text_fixture.h"

/* Columns x = i and y = 100 - i * i of `rows` rows. */
static void series_of(int rows, qp_series *series)
{
    char text[20000] = "x,y\n";
    size_t bytes = strlen(text);
    for (int i = 0; i < rows; i++) bytes += (size_t)sprintf(text + bytes, "%d,%d\n", i, 100 - i * i);
    cr_assert_eq(
        qp_series_read(&(qp_series_options){fixture_text("xy.csv", text), "x,y", QP_HOLES_REFUSE, NULL}, series), QP_OK,
        "%s", qp_error_message());
}

Test(scaling, fixed_level_is_mean_and_standard_deviation)
{
    qp_series s;
    qp_scaling scaling;
    series_of(5, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 2, 2, false}, &scaling), QP_OK);
    cr_assert_float_eq(scaling.mean[0], 2, 1e-12);
    cr_assert_float_eq(scaling.deviation[0], sqrt(2), 1e-12);
    cr_assert_eq(qp_scaling_windows(&scaling, &s), 2);
    qp_real input[4], target[2];
    qp_scaling_input(&scaling, &s, 1, input);
    cr_assert_float_eq(input[0], -1 / sqrt(2), 1e-6);
    cr_assert_float_eq(input[2], 0, 1e-6);
    cr_assert_float_eq(input[1], (99 - scaling.mean[1]) / scaling.deviation[1], 1e-6);
    qp_scaling_target(&scaling, &s, 1, target);
    cr_assert_float_eq(target[0], 1 / sqrt(2), 1e-6);
    double forecast[2];
    qp_scaling_forecast(&scaling, &s, 1, target, forecast);
    cr_assert(fabs(forecast[0] - 3) < 1e-6 && fabs(forecast[1] - 4) < 1e-6);
    qp_scaling_free(&scaling);
    qp_series_free(&s);
}

Test(scaling, last_level_is_the_end_of_the_window)
{
    qp_series s;
    qp_scaling scaling;
    series_of(9, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_LAST, 3, 2, false}, &scaling), QP_OK);
    cr_assert_float_eq(scaling.deviation[0], sqrt((4 + 1 + 0 + 1 + 4) / 5.0), 1e-12);
    qp_real input[6], target[2];
    qp_scaling_input(&scaling, &s, 4, input);
    cr_assert(input[4] == 0 && input[5] == 0, "the last row is the level");
    cr_assert_float_eq(input[0], -2 / scaling.deviation[0], 1e-6);
    qp_scaling_target(&scaling, &s, 4, target);
    double forecast[2];
    qp_scaling_forecast(&scaling, &s, 4, target, forecast);
    cr_assert(fabs(forecast[0] - 7) < 1e-6 && fabs(forecast[1] - 8) < 1e-6);
    qp_scaling_free(&scaling);
    qp_series_free(&s);
}

Test(scaling, json_brings_everything_back)
{
    qp_series s;
    qp_scaling scaling, again;
    char *json, *columns;
    series_of(30, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_LAST, 7, 3, false}, &scaling), QP_OK);
    cr_assert_eq(qp_scaling_json(&scaling, &json), QP_OK);
    cr_assert_eq(qp_scaling_parse(json, &again), QP_OK, "%s", qp_error_message());
    cr_assert(again.level == QP_LEVEL_LAST && again.window == 7 && again.horizon == 3 && again.columns == 2);
    for (int i = 0; i < 2; i++)
        cr_assert(again.mean[i] == scaling.mean[i] && again.deviation[i] == scaling.deviation[i]);
    cr_assert_eq(qp_scaling_check(&again, &s), QP_OK);
    cr_assert_eq(qp_scaling_columns(&again, &columns), QP_OK);
    cr_assert_str_eq(columns, "x,y");
    free(columns);
    free(json);
    qp_scaling_free(&again);
    qp_scaling_free(&scaling);
    qp_series_free(&s);
    const char *damaged[] = {
        "",
        "[]",
        "{}",
        "{\"level\":\"last\",\"window\":3,\"horizon\":1}",
        "{\"level\":\"x\",\"window\":3,\"horizon\":1,\"columns\":[\"a\"],\"mean\":[0],\"deviation\":[1]}",
        "{\"level\":\"last\",\"window\":0,\"horizon\":1,\"columns\":[\"a\"],\"mean\":[0],\"deviation\":[1]}",
        "{\"level\":\"last\",\"window\":3,\"horizon\":1,\"columns\":[\"a\"],\"mean\":[0],\"deviation\":[0]}",
        "{\"level\":\"last\",\"window\":3,\"horizon\":1,\"columns\":[\"a\"],\"mean\":[],\"deviation\":[1]}",
        "{\"level\":\"last\",\"window\":3,\"horizon\":1,\"columns\":[7],\"mean\":[0],\"deviation\":[1]}"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        cr_assert_eq(qp_scaling_parse(damaged[i], &scaling), QP_EDATA, "%s", damaged[i]);
}

Test(scaling, a_series_that_does_not_fit_is_reported)
{
    qp_series s, other;
    qp_scaling scaling;
    series_of(5, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 4, 2, false}, &scaling), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "5 rows, less than a window of 4 and a horizon of 2"), "%s",
              qp_error_message());
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 0, 2, false}, &scaling), QP_EUSAGE);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 1, 0, false}, &scaling), QP_EUSAGE);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 4, 1, false}, &scaling), QP_OK);
    series_of(4, &other);
    cr_assert_eq(qp_scaling_check(&scaling, &other), QP_EDATA);
    free(other.name[1]);
    other.name[1] = strdup("z");
    cr_assert_eq(qp_scaling_check(&scaling, &other), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "column z, but the model was trained with y"), "%s", qp_error_message());
    qp_scaling_free(&scaling);
    qp_series_free(&s);
    qp_series_free(&other);
}

Test(scaling, numbers_too_large_are_reported)
{
    qp_series s;
    qp_scaling scaling;
    series_of(5, &s);
    for (int64_t i = 0; i < s.rows * s.columns; i++) s.value[i] *= 1e300;
    for (int level = QP_LEVEL_FIXED; level <= QP_LEVEL_LAST; level++) {
        cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){(qp_level_kind)level, 3, 1, false}, &scaling), QP_EDATA);
        cr_assert(strstr(qp_error_message(), "too large"), "%s", qp_error_message());
    }
    qp_series_free(&s);
}

Test(scaling, a_constant_column_stays_finite)
{
    qp_series s;
    qp_scaling scaling;
    const char *path = fixture_text("c.csv", "c\n7\n7\n7\n7\n");
    cr_assert_eq(qp_series_read(&(qp_series_options){path, "c", QP_HOLES_REFUSE, NULL}, &s), QP_OK);
    for (qp_level_kind level = QP_LEVEL_FIXED; level <= QP_LEVEL_LAST; level++) {
        cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){level, 2, 1, false}, &scaling), QP_OK);
        cr_assert_eq(scaling.deviation[0], 1);
        qp_scaling_free(&scaling);
    }
    qp_series_free(&s);
}

/* ---- batches ---- */

Test(series_windows, every_window_once_with_its_values)
{
    qp_series s;
    qp_scaling scaling;
    series_of(40, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 6, 3, false}, &scaling), QP_OK);
    for (int shuffle = 0; shuffle < 2; shuffle++) {
        qp_series_windows *windows, *again;
        qp_series_windows_options options = {&s, &scaling, 5, shuffle, 11, 2};
        cr_assert_eq(qp_series_windows_new(&options, &windows), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_series_windows_new(&options, &again), QP_OK);
        qp_batch_source source = qp_series_windows_source(windows), same = qp_series_windows_source(again);
        int64_t count;
        int seen[40] = {0}, ordered = 1, before = -1;
        cr_assert_eq(same.begin(same.self, 3, &count), QP_OK);
        cr_assert_eq(source.begin(source.self, 3, &count), QP_OK);
        cr_assert_eq(count, 7);
        for (int64_t b = 0; b < count; b++) {
            qp_batch batch, equal;
            cr_assert_eq(source.get(source.self, b, (int)(b % 2), &batch), QP_OK);
            cr_assert_eq(same.get(same.self, b, 0, &equal), QP_OK);
            int n = batch.source.sequences.count;
            cr_assert(n >= 4 && n <= 5 && batch.target.sequences.count == n);
            cr_assert(batch.features == 2 && batch.outputs == 3 && batch.target.sequences.start[n] == n);
            cr_assert_arr_eq(batch.source_value, equal.source_value, (size_t)n * 12 * sizeof(qp_real));
            for (int i = 0; i < n; i++) {
                const qp_real *value = batch.source_value + batch.source.sequences.start[i] * 2;
                int first = (int)lround((double)value[0] * scaling.deviation[0] + scaling.mean[0]);
                double next = (double)batch.target_value[i * 3 + 2] * scaling.deviation[0] + scaling.mean[0];
                cr_assert_eq(lround(next), first + 8);
                seen[first]++;
                ordered &= first > before;
                before = first;
            }
        }
        for (int i = 0; i < 32; i++) cr_assert_eq(seen[i], 1);
        cr_assert_eq(ordered, !shuffle);
        cr_assert_eq(source.get(source.self, count, 0, &(qp_batch){0}), QP_EBUG);
        qp_series_windows_free(windows);
        qp_series_windows_free(again);
    }
    qp_scaling_free(&scaling);
    qp_series_free(&s);
}

Test(series_windows, options_are_checked)
{
    qp_series s;
    qp_scaling scaling;
    qp_series_windows *windows;
    series_of(10, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_FIXED, 3, 1, false}, &scaling), QP_OK);
    cr_assert_eq(qp_series_windows_new(&(qp_series_windows_options){&s, &scaling, 0, true, 1, 1}, &windows), QP_EUSAGE);
    cr_assert_eq(qp_series_windows_new(&(qp_series_windows_options){&s, &scaling, 4, true, 1, 0}, &windows), QP_EUSAGE);
    s.rows = 3;
    cr_assert_eq(qp_series_windows_new(&(qp_series_windows_options){&s, &scaling, 4, true, 1, 1}, &windows), QP_EDATA);
    cr_assert_null(windows);
    qp_scaling_free(&scaling);
    qp_series_free(&s);
}

/* x = i and y = 100 - i * i: a regression on two values forecasts y exactly, x[t+1] = 2 x[t] - x[t-1] - 2. */
Test(scaling, linear_part_is_what_the_network_adds_to)
{
    qp_series s;
    qp_scaling scaling, again;
    char *json;
    series_of(40, &s);
    cr_assert_eq(qp_scaling_fit(&s, &(qp_scaling_options){QP_LEVEL_LAST, 2, 3, true}, &scaling), QP_OK);
    cr_assert_eq(qp_scaling_json(&scaling, &json), QP_OK);
    cr_assert_eq(qp_scaling_parse(json, &again), QP_OK, "%s", qp_error_message());
    const qp_real zero[3] = {0, 0, 0}, some[3] = {1, -2, 3};
    double plain[3], moved[3], back[3];
    qp_scaling_forecast(&scaling, &s, 20, zero, plain);
    qp_scaling_forecast(&scaling, &s, 20, some, moved);
    qp_scaling_forecast(&again, &s, 20, some, back);
    for (int h = 0; h < 3; h++) {
        cr_assert_float_eq(plain[h], 22 + h, 1e-6, "the regression alone: %g", plain[h]);
        cr_assert_float_eq(moved[h] - plain[h], (double)some[h] * scaling.residual, 1e-9);
        cr_assert_eq(back[h], moved[h], "the file keeps every bit");
    }
    qp_real target[3];
    s.value[23 * s.columns] += 5; /* the second value of the horizon */
    qp_scaling_target(&scaling, &s, 20, target);
    cr_assert_float_eq(target[1] * scaling.residual, 5, 1e-5);
    free(json);
    qp_scaling_free(&scaling);
    qp_scaling_free(&again);
    qp_series_free(&s);
}

Test(scaling, damaged_linear_parts)
{
    static const char *const text[] = {"\"linear\":[1,2],\"linear_scale\":[0,1,1]",
                                       "\"linear\":[1,2,3],\"linear_scale\":[0,0,1]",
                                       "\"linear\":[1,2,3],\"linear_scale\":[0,1]", "\"linear\":7"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char json[400];
        qp_scaling scaling;
        snprintf(
            json, sizeof json,
            "{\"level\":\"last\",\"window\":2,\"horizon\":1,\"columns\":[\"x\"],\"mean\":[0],\"deviation\":[1],%s}",
            text[i]);
        cr_assert_eq(qp_scaling_parse(json, &scaling), QP_EDATA, "%s", text[i]);
    }
}
