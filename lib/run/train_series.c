#include "lib/run/train_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/series/series_share.h"
#include "lib/decode/predict.h"
#include "lib/run/train_text.h"

/* ---- reading ---- */

qp_status qp_series_files(const qp_train_settings *settings, qp_train_data *data)
{
    return qp_text_one_file(settings, "regress", QP_TEXT_LABELLED, data);
}

/* What is held back begins one window early: its first forecast is that of its first row. */
static void keep_part(qp_series *series, qp_held_out part, int64_t window)
{
    if (part.part == QP_PART_TRAINING) qp_series_keep(series, 0, part.from - 1);
    if (part.part == QP_PART_HELD_OUT) qp_series_keep(series, part.from - 1 - window, series->rows);
}

static qp_status read_parts(const qp_train_settings *settings, qp_train_data *data)
{
    const qp_job_config *job = &settings->job;
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++) {
        qp_series_options options = {.path = data->files[part].source,
                                     .columns = job->column,
                                     .holes = (qp_hole_policy)job->holes,
                                     .missing = job->missing};
        QP_TRY(qp_series_read(&options, &data->series[part]));
        keep_part(&data->series[part], data->files[part].part, job->window);
    }
    return QP_OK;
}

/* Series have no tokenizer; they are read here, before anything is looked up in the run's folder. Of several ranks rank
 * 0 reads. */
qp_status qp_series_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data)
{
    bool leads = qp_cluster_rank(data->cluster) == 0;
    (void)folder;
    return qp_cluster_agree(data->cluster, leads ? read_parts(settings, data) : QP_OK);
}

static qp_status fit(const qp_train_settings *settings, qp_train_data *data)
{
    qp_scaling_options options = {.level = (qp_level_kind)settings->job.level,
                                  .window = (int)settings->job.window,
                                  .horizon = (int)settings->model.horizon,
                                  .linear = settings->job.linear != 0};
    QP_TRY(qp_scaling_fit(&data->series[QP_TRAINING], &options, &data->package->scaling));
    return data->has_valid ? qp_scaling_check(&data->package->scaling, &data->series[QP_VALIDATION]) : QP_OK;
}

/* Rank 0's, to all. */
static qp_status share_scaling(qp_cluster *cluster, qp_scaling *scaling)
{
    bool leads = qp_cluster_rank(cluster) == 0;
    char *json = NULL;
    QP_TRY(qp_cluster_agree(cluster, leads ? qp_scaling_json(scaling, &json) : QP_OK));
    size_t bytes = json ? strlen(json) + 1 : 0;
    qp_cluster_broadcast(cluster, &bytes, sizeof bytes);
    if (!leads) json = malloc(bytes);
    qp_status status = qp_cluster_agree(cluster, json ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for the scaling"));
    if (status == QP_OK) {
        qp_cluster_broadcast(cluster, json, bytes);
        status = qp_cluster_agree(cluster, leads ? QP_OK : qp_scaling_parse(json, scaling));
    }
    free(json);
    return status;
}

qp_status qp_series_load(const qp_train_settings *settings, qp_train_data *data)
{
    bool leads = qp_cluster_rank(data->cluster) == 0;
    QP_TRY(qp_cluster_agree(data->cluster, leads ? fit(settings, data) : QP_OK));
    if (!data->cluster) return QP_OK;
    QP_TRY(share_scaling(data->cluster, &data->package->scaling));
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++)
        QP_TRY(qp_series_share(data->cluster, part == QP_TRAINING, &data->series[part]));
    return QP_OK;
}

void qp_series_sizes(const qp_train_data *data, qp_model_config *model)
{
    model->features = data->package->scaling.columns;
    if (model->max_length < data->package->scaling.window) model->max_length = data->package->scaling.window;
}

/* --batch-size counts input rows (at least one window), or windows. */
qp_status qp_series_source(const qp_train_settings *s, qp_train_data *data, int part, qp_batch_source *source)
{
    qp_series_windows_options options = {.series = &data->series[part],
                                         .scaling = &data->package->scaling,
                                         .size = s->job.batch_size,
                                         .shuffle = part == QP_TRAINING,
                                         .seed = (uint64_t)s->training.seed,
                                         .slots = part == QP_TRAINING ? (int)s->training.accum : 1};
    if (s->job.batch_type == 0) options.size = options.size > s->job.window ? options.size / s->job.window : 1;
    QP_TRY(qp_series_windows_new(&options, &data->series_windows[part]));
    *source = qp_series_windows_source(data->series_windows[part]);
    return QP_OK;
}

void qp_series_print(const qp_train_data *data, FILE *stream)
{
    static const char *const name[] = {"training", "validation"};
    const qp_scaling *scaling = &data->package->scaling;
    fprintf(stream, "columns    %s", scaling->name[0]);
    for (int c = 1; c < scaling->columns; c++) fprintf(stream, ", %s", scaling->name[c]);
    fprintf(stream, "; %d rows in, %d forecast\n", scaling->window, scaling->horizon);
    for (int part = 0; part < (data->has_valid ? QP_PARTS : 1); part++) {
        const qp_series *series = &data->series[part];
        fprintf(stream, "%-10s %lld rows, %lld windows", name[part], (long long)series->rows,
                (long long)qp_scaling_windows(scaling, series));
        fprintf(stream, series->holes ? "; %lld holes filled\n" : "\n", (long long)series->holes);
    }
}

/* ---- forecasting ---- */

enum { WINDOWS_AT_ONCE = 256 };

static int outputs_of(const qp_package *m) { return qp_model_outputs(qp_model_config_of(m->model)); }

/* Quantiles that cross are exchanged, which never makes them worse (Chernozhukov et al. 2010). */
static void sort_quantiles(double *forecast, int quantiles, int horizon)
{
    for (int q = 1; q < quantiles; q++)
        for (int h = 0; h < horizon; h++)
            for (double *at = forecast + (ptrdiff_t)q * horizon + h; at >= forecast + horizon && at[0] < at[-horizon];
                 at -= horizon) {
                double higher = at[-horizon];
                at[-horizon] = at[0];
                at[0] = higher;
            }
}

/* All outputs of the windows: output [count, qp_model_outputs], in the unit of the file, quantiles ascending. */
static qp_status forecast_some(const qp_package *m, const qp_series *series, int64_t first, int64_t step, int count,
                               int threads, double *forecast)
{
    const qp_scaling *s = &m->scaling;
    size_t cells = (size_t)s->window * (size_t)s->columns, outputs = (size_t)outputs_of(m);
    int32_t *start = malloc(2 * ((size_t)count + 1) * sizeof *start);
    qp_real *input = malloc((size_t)count * cells * sizeof *input);
    qp_real *output = malloc((size_t)count * outputs * sizeof *output);
    qp_status status = start && input && output ? QP_OK : qp_fail(QP_EMEMORY, "out of memory for %d windows", count);
    if (status == QP_OK) {
        for (int i = 0; i <= count; i++) {
            start[i] = i * s->window;
            start[count + 1 + i] = i;
        }
        for (int i = 0; i < count; i++) qp_scaling_input(s, series, first + i * step, input + (size_t)i * cells);
        qp_batch batch = {.source = {{.count = count, .start = start}, NULL},
                          .target = {{.count = count, .start = start + count + 1}, NULL},
                          .source_value = input,
                          .features = s->columns,
                          .outputs = s->horizon};
        status = qp_predict(m->model, &batch, threads, output);
        for (int i = 0; status == QP_OK && i < count; i++) {
            for (size_t at = 0; at < outputs; at += (size_t)s->horizon)
                qp_scaling_forecast(s, series, first + i * step, output + (size_t)i * outputs + at,
                                    forecast + (size_t)i * outputs + at);
            sort_quantiles(forecast + (size_t)i * outputs, (int)outputs / s->horizon, s->horizon);
        }
    }
    free(start);
    free(input);
    free(output);
    return status;
}

qp_status qp_series_quantiles(const qp_package *m, const qp_series *series, qp_series_range range, int threads,
                              double *forecast)
{
    for (int64_t at = 0; at < range.count; at += WINDOWS_AT_ONCE) {
        int some = (int)(range.count - at < WINDOWS_AT_ONCE ? range.count - at : WINDOWS_AT_ONCE);
        QP_TRY(forecast_some(m, series, range.first + at * range.step, range.step, some, threads,
                             forecast + at * outputs_of(m)));
    }
    return QP_OK;
}

int qp_series_middle(const qp_package *m)
{
    double quantile[QP_QUANTILES_MAX];
    int count = qp_model_quantiles(qp_model_config_of(m->model), quantile), best = 0;
    for (int q = 1; q < count; q++)
        if (fabs(quantile[q] - 0.5) < fabs(quantile[best] - 0.5)) best = q;
    return best;
}

qp_status qp_series_forecast(const qp_package *m, const qp_series *series, qp_series_range range, int threads,
                             double *forecast)
{
    size_t outputs = (size_t)outputs_of(m), horizon = (size_t)m->scaling.horizon;
    if (outputs == horizon) return qp_series_quantiles(m, series, range, threads, forecast);
    double *all = malloc((size_t)range.count * outputs * sizeof *all);
    if (!all) return qp_fail(QP_EMEMORY, "out of memory for %lld windows", (long long)range.count);
    qp_status status = qp_series_quantiles(m, series, range, threads, all);
    const double *middle = all + (size_t)qp_series_middle(m) * horizon;
    for (size_t i = 0; status == QP_OK && i < (size_t)range.count; i++)
        memcpy(forecast + i * horizon, middle + i * outputs, horizon * sizeof *forecast);
    free(all);
    return status;
}

/* ---- measuring ---- */

qp_status qp_series_compare(const qp_package *m, const qp_series *series, int threads, qp_forecast_sums *sums)
{
    QP_TRY(qp_scaling_check(&m->scaling, series));
    int horizon = m->scaling.horizon;
    int64_t windows = qp_scaling_windows(&m->scaling, series);
    qp_series_range range = {.step = 1, .count = windows};
    double *forecast = malloc((size_t)windows * (size_t)horizon * sizeof *forecast);
    double *actual = malloc((size_t)horizon * sizeof *actual);
    qp_status status = forecast && actual ? qp_series_forecast(m, series, range, threads, forecast)
                                          : qp_fail(QP_EMEMORY, "out of memory for %lld windows", (long long)windows);
    for (int64_t w = 0; status == QP_OK && w < windows; w++) {
        for (int h = 0; h < horizon; h++) actual[h] = qp_series_value(series, w + m->scaling.window + h, 0);
        qp_forecast_add(sums, actual, forecast + w * horizon, horizon);
    }
    free(forecast);
    free(actual);
    return status;
}

qp_status qp_series_coverage(const qp_package *m, const qp_series *series, int threads, double *share)
{
    int horizon = m->scaling.horizon, outputs = outputs_of(m);
    qp_series_range range = {.step = 1, .count = qp_scaling_windows(&m->scaling, series)};
    double *forecast = malloc((size_t)range.count * (size_t)outputs * sizeof *forecast);
    qp_status status = forecast ? qp_series_quantiles(m, series, range, threads, forecast)
                                : qp_fail(QP_EMEMORY, "out of memory for %lld windows", (long long)range.count);
    int64_t inside = 0;
    for (int64_t w = 0; status == QP_OK && w < range.count; w++)
        for (int h = 0; h < horizon; h++) {
            const double *low = forecast + w * outputs + h, *high = low + outputs - horizon;
            double value = qp_series_value(series, w + m->scaling.window + h, 0);
            inside += value >= *low && value <= *high;
        }
    *share = (double)inside / ((double)range.count * horizon);
    free(forecast);
    return status;
}

qp_status qp_series_measure(qp_train_data *data, int threads, qp_metrics *metrics)
{
    qp_forecast_sums sums = {0};
    QP_TRY(qp_series_compare(data->package, &data->series[QP_VALIDATION], threads, &sums));
    qp_metrics_add(metrics, "mae", qp_forecast_mae(&sums));
    qp_metrics_add(metrics, "rmse", qp_forecast_rmse(&sums));
    return QP_OK;
}
