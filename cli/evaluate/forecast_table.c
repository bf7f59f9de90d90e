#include "cli/evaluate/forecast_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/metric_names.h"
#include "lib/run/train_series.h"

static const struct {
    const char *name;
    double (*value)(const qp_forecast_sums *sums);
} metric[] = {{"mae", qp_forecast_mae}, {"rmse", qp_forecast_rmse}, {"mse", qp_forecast_mse}, {"r2", qp_forecast_r2}};
enum { METRICS = sizeof metric / sizeof *metric };

qp_status qp_forecast_table_check(const char *metrics)
{
    const char *known[METRICS];
    for (int i = 0; i < METRICS; i++) known[i] = metric[i].name;
    return qp_metric_names_check(metrics, known, METRICS, "forecasts", "mae, rmse, mse, r2");
}

/* ---- simple forecasts ---- */

typedef struct {
    int window, horizon, period;
    const qp_linear_forecast *linear;
} rule;

static void naive(const rule *r, const double *window, double *forecast)
{
    qp_forecast_naive(window, r->window, r->horizon, forecast);
}

static void line(const rule *r, const double *window, double *forecast)
{
    qp_forecast_line(window, r->window, r->horizon, forecast);
}

static void seasonal(const rule *r, const double *window, double *forecast)
{
    qp_forecast_seasonal(window, r->window, r->period, r->horizon, forecast);
}

static void linear(const rule *r, const double *window, double *forecast)
{
    qp_linear_forecast_make(r->linear, window, forecast);
}

static qp_status compare(const rule *r, const double *value, int64_t windows,
                         void (*make)(const rule *, const double *, double *), qp_forecast_sums *sums)
{
    double *forecast = malloc((size_t)r->horizon * sizeof *forecast);
    if (!forecast) return qp_fail(QP_EMEMORY, "out of memory for forecasts");
    for (int64_t w = 0; w < windows; w++) {
        make(r, value + w, forecast);
        qp_forecast_add(sums, value + w + r->window, forecast, r->horizon);
    }
    free(forecast);
    return QP_OK;
}

/* The column to forecast; the caller frees it. */
static double *first_column(const qp_series *series)
{
    double *value = malloc((size_t)series->rows * sizeof *value);
    for (int64_t r = 0; value && r < series->rows; r++) value[r] = qp_series_value(series, r, 0);
    return value;
}

static qp_status compare_linear(rule *r, const qp_series *training, const double *value, int64_t windows,
                                qp_forecast_sums *sums)
{
    qp_linear_forecast fitted = {0};
    double *past = first_column(training);
    qp_status status = past ? qp_linear_forecast_fit(past, training->rows, r->window, r->horizon, &fitted)
                            : qp_fail(QP_EMEMORY, "out of memory for %lld rows", (long long)training->rows);
    r->linear = &fitted;
    if (status == QP_OK) status = compare(r, value, windows, linear, sums);
    qp_linear_forecast_free(&fitted);
    free(past);
    return status;
}

/* ---- output ---- */

enum { MODEL, NAIVE, LINE, SEASONAL, LINEAR, ROWS };
static const char *const row_name[] = {"model", "naive", "line", "seasonal", "linear"};

static void print_rows(const qp_forecast_sums *sums, const char *metrics)
{
    printf("%-10s", "");
    for (int f = 0; f < METRICS; f++)
        if (qp_metric_listed(metrics, metric[f].name)) printf(" %12s", metric[f].name);
    putchar('\n');
    for (int i = 0; i < ROWS; i++) {
        if (sums[i].count == 0) continue;
        printf("%-10s", row_name[i]);
        for (int f = 0; f < METRICS; f++)
            if (qp_metric_listed(metrics, metric[f].name)) printf(" %12.6g", metric[f].value(&sums[i]));
        putchar('\n');
    }
}

/* The interval from the lowest to the highest quantile: how often it should hold the value, how often it does. */
typedef struct {
    int quantiles; /* 0 or 1: no interval */
    double low, high, share;
} interval;

static void print_interval(const interval *i)
{
    if (i->quantiles > 1)
        printf("%.1f %% of the values are between the quantiles %.9g and %.9g (expected %.1f %%)\n", 100 * i->share,
               i->low, i->high, 100 * (i->high - i->low));
}

static qp_status print_json(const qp_forecast_sums *sums, const char *metrics, const interval *covered)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int f = 0; f < METRICS; f++) {
        if (!qp_metric_listed(metrics, metric[f].name)) continue;
        qp_json_key(&out, metric[f].name);
        qp_json_open(&out, '{');
        for (int i = 0; i < ROWS; i++)
            if (sums[i].count) qp_json_put_real(&out, i == MODEL ? "score" : row_name[i], metric[f].value(&sums[i]));
        qp_json_close(&out, '}');
    }
    if (covered->quantiles > 1) {
        qp_json_key(&out, "coverage");
        qp_json_open(&out, '{');
        qp_json_put_real(&out, "score", covered->share);
        qp_json_put_real(&out, "expected", covered->high - covered->low);
        qp_json_close(&out, '}');
    }
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status measure_interval(const qp_package *m, const qp_series *test, int threads, interval *i)
{
    double quantile[QP_QUANTILES_MAX];
    i->quantiles = qp_model_quantiles(qp_model_config_of(m->model), quantile);
    if (i->quantiles < 2) return QP_OK;
    i->low = quantile[0];
    i->high = quantile[i->quantiles - 1];
    return qp_series_coverage(m, test, threads, &i->share);
}

qp_status qp_forecast_table_print(const qp_package *m, const qp_series *test, const qp_series *training, int period,
                                  int threads, const char *metrics, bool json)
{
    qp_forecast_sums sums[ROWS] = {0};
    rule r = {.window = m->scaling.window, .horizon = m->scaling.horizon, .period = period};
    if (period > r.window)
        return qp_fail(QP_EUSAGE, "--period %d is longer than the model's window of %d rows; use a shorter one", period,
                       r.window);
    QP_TRY(qp_series_compare(m, test, threads, &sums[MODEL]));
    int64_t windows = qp_scaling_windows(&m->scaling, test);
    double *value = first_column(test);
    qp_status status = value ? compare(&r, value, windows, naive, &sums[NAIVE]) : qp_fail(QP_EMEMORY, "out of memory");
    if (status == QP_OK) status = compare(&r, value, windows, line, &sums[LINE]);
    if (status == QP_OK && period > 0) status = compare(&r, value, windows, seasonal, &sums[SEASONAL]);
    if (status == QP_OK && training) status = compare_linear(&r, training, value, windows, &sums[LINEAR]);
    interval covered = {0};
    if (status == QP_OK) status = measure_interval(m, test, threads, &covered);
    if (status == QP_OK && json) {
        status = print_json(sums, metrics, &covered);
    } else if (status == QP_OK) {
        print_rows(sums, metrics);
        print_interval(&covered);
    }
    free(value);
    return status;
}
