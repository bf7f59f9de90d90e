#include <stdlib.h>

#include "cli/base/json_text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/base/writer.h"
#include "lib/run/train_series.h"

/* predict_series — forecasts after the end of a series, or after each of its windows. */

/* Name and values of each quantile. */
static void put_quantiles(qp_text_buffer *out, const double *quantile, int quantiles, int horizon,
                          const double *forecast)
{
    char name[32];
    if (quantiles == 0) return;
    qp_json_key(out, "quantiles");
    qp_json_open(out, '{');
    for (int q = 0; q < quantiles; q++) {
        snprintf(name, sizeof name, "%.9g", quantile[q]);
        qp_json_key(out, name);
        qp_json_open(out, '[');
        for (int h = 0; h < horizon; h++) qp_json_real(out, forecast[(ptrdiff_t)q * horizon + h], 8);
        qp_json_close(out, ']');
    }
    qp_json_close(out, '}');
}

static qp_status put_json(const qp_package *m, int64_t row, const double *forecast)
{
    double quantile[QP_QUANTILES_MAX];
    int horizon = m->scaling.horizon, quantiles = qp_model_quantiles(qp_model_config_of(m->model), quantile);
    const double *middle = forecast + (ptrdiff_t)qp_series_middle(m) * horizon;
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_text(&out, "column", m->scaling.name[0]);
    qp_json_put_integer(&out, "row", row);
    qp_json_key(&out, "forecast");
    qp_json_open(&out, '[');
    for (int h = 0; h < horizon; h++) qp_json_real(&out, middle[h], 8);
    qp_json_close(&out, ']');
    put_quantiles(&out, quantile, quantiles, horizon, forecast);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

/* The quantiles of one value are beside each other. */
static qp_status put(const qp_package *m, const qp_predict_config *o, int64_t row, const double *forecast)
{
    int horizon = m->scaling.horizon, outputs = qp_model_outputs(qp_model_config_of(m->model));
    if (o->json) return put_json(m, row, forecast);
    if (o->rolling) printf("%lld", (long long)row);
    for (int h = 0; h < horizon; h++) {
        for (int at = h; at < outputs; at += horizon) printf(o->rolling || at > h ? "\t%.9g" : "%.9g", forecast[at]);
        if (!o->rolling) putchar('\n');
    }
    if (o->rolling) putchar('\n');
    return QP_OK;
}

/* Windows end at every row from the first possible one, or only at the last row. `row` is the first forecast row, from
 * 1. */
static qp_status forecast_all(const qp_package *m, const qp_predict_config *o, const qp_series *series)
{
    int window = m->scaling.window, outputs = qp_model_outputs(qp_model_config_of(m->model));
    int64_t first = o->rolling ? 0 : series->rows - window, count = series->rows - window - first + 1;
    qp_series_range range = {.first = first, .step = 1, .count = count};
    double *forecast = malloc((size_t)count * (size_t)outputs * sizeof *forecast);
    if (!forecast) return qp_fail(QP_EMEMORY, "predict: out of memory for %lld windows", (long long)count);
    qp_status status = qp_series_quantiles(m, series, range, (int)o->threads, forecast);
    for (int64_t i = 0; status == QP_OK && i < count; i++)
        status = put(m, o, first + i + window + 1, forecast + i * outputs);
    free(forecast);
    return status == QP_OK ? qp_output_check(stdout, "stdout") : status;
}

static qp_status forecast_file(const qp_package *m, const qp_predict_config *o, const char *columns, const char *path)
{
    qp_series series;
    qp_series_options options = {
        .path = path, .columns = columns, .holes = (qp_hole_policy)o->holes, .missing = o->missing};
    QP_TRY(qp_series_read(&options, &series));
    qp_status status = QP_OK;
    if (series.rows < m->scaling.window)
        status = qp_fail(QP_EDATA, "%s: %lld rows, but the model reads %d; give a longer series",
                         strcmp(path, "-") == 0 ? "stdin" : path, (long long)series.rows, m->scaling.window);
    if (status == QP_OK) status = forecast_all(m, o, &series);
    qp_series_free(&series);
    return status;
}

qp_status qp_predict_series(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    static char standard[] = "-";
    char *none[] = {standard}, *columns;
    if (files == 0) file = none, files = 1;
    QP_TRY(qp_scaling_columns(&m->scaling, &columns));
    qp_status status = QP_OK;
    for (int i = 0; status == QP_OK && i < files; i++) status = forecast_file(m, o, columns, file[i]);
    free(columns);
    return status;
}
