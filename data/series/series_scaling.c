#include "data/series/series_scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"

enum { MOST_STEPS = 1 << 20, MOST_COLUMNS = 1024 };

static qp_status allocate(qp_scaling *s, int columns)
{
    s->columns = columns;
    s->name = calloc((size_t)columns, sizeof *s->name);
    s->mean = calloc((size_t)columns, sizeof *s->mean);
    s->deviation = calloc((size_t)columns, sizeof *s->deviation);
    return s->name && s->mean && s->deviation ? QP_OK : qp_fail(QP_EMEMORY, "scaling: out of memory");
}

void qp_scaling_free(qp_scaling *scaling)
{
    for (int i = 0; scaling->name && i < scaling->columns; i++) free(scaling->name[i]);
    free(scaling->name);
    free(scaling->mean);
    free(scaling->deviation);
    qp_linear_forecast_free(&scaling->linear);
    memset(scaling, 0, sizeof *scaling);
}

/* ---- fitting ---- */

/* Mean and deviation of a column, in two passes: a plain sum of squares would cancel. */
static void fit_fixed(const qp_series *series, int column, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < series->rows; i++) sum += qp_series_value(series, i, column);
    *mean = sum / (double)series->rows;
    for (int64_t i = 0; i < series->rows; i++) {
        double d = qp_series_value(series, i, column) - *mean;
        squares += d * d;
    }
    *deviation = sqrt(squares / (double)series->rows);
}

/* Root mean square of the differences to the last value of each window, over the window and its horizon. */
static double fit_last(const qp_series *series, int column, int window, int horizon)
{
    double squares = 0;
    int64_t windows = series->rows - window - horizon + 1;
    for (int64_t w = 0; w < windows; w++) {
        double last = qp_series_value(series, w + window - 1, column), sum = 0;
        for (int64_t i = w; i < w + window + horizon; i++) {
            double d = qp_series_value(series, i, column) - last;
            sum += d * d;
        }
        squares += sum / (window + horizon);
    }
    return sqrt(squares / (double)windows);
}

/* Fits the linear part to the first column, then measures what it leaves over. */
static qp_status fit_linear(const qp_series *series, qp_scaling *s)
{
    int64_t windows = qp_scaling_windows(s, series);
    double *value = malloc((size_t)series->rows * sizeof *value), squares = 0;
    if (!value) return qp_fail(QP_EMEMORY, "scaling: out of memory");
    for (int64_t i = 0; i < series->rows; i++) value[i] = qp_series_value(series, i, 0);
    qp_status status = qp_linear_forecast_fit(value, series->rows, s->window, s->horizon, &s->linear);
    for (int64_t w = 0; status == QP_OK && w < windows; w++)
        for (int h = 0; h < s->horizon; h++) {
            double d = value[w + s->window + h] - qp_linear_forecast_step(&s->linear, value + w, h);
            squares += d * d;
        }
    free(value);
    s->residual = sqrt(squares / ((double)windows * s->horizon));
    if (!(s->residual > 0)) s->residual = 1;
    return status;
}

static qp_status too_short(const qp_scaling *s, const qp_series *series)
{
    return qp_fail(
        QP_EDATA,
        "%s: %lld row%s, less than a window of %d and a horizon of %d; give more rows, or a smaller --window "
        "or --horizon",
        series->path, (long long)series->rows, series->rows == 1 ? "" : "s", s->window, s->horizon);
}

qp_status qp_scaling_fit(const qp_series *series, const qp_scaling_options *options, qp_scaling *scaling)
{
    int window = options->window, horizon = options->horizon;
    memset(scaling, 0, sizeof *scaling);
    if (window < 1 || window > MOST_STEPS || horizon < 1 || horizon > MOST_STEPS)
        return qp_fail(QP_EUSAGE, "window %d, horizon %d: out of bounds; give 1 to %d", window, horizon, MOST_STEPS);
    scaling->level = options->level;
    scaling->window = window;
    scaling->horizon = horizon;
    if (qp_scaling_windows(scaling, series) == 0) return too_short(scaling, series);
    qp_status status = allocate(scaling, series->columns);
    for (int i = 0; status == QP_OK && i < series->columns; i++) {
        double *deviation = &scaling->deviation[i];
        fit_fixed(series, i, &scaling->mean[i], deviation);
        if (options->level == QP_LEVEL_LAST) *deviation = fit_last(series, i, window, horizon);
        if (status == QP_OK && !isfinite(*deviation))
            status = qp_fail(QP_EDATA, "%s: column %s: its numbers are too large to be squared; divide them all",
                             series->path, series->name[i]);
        if (!(*deviation > 0)) *deviation = 1;
        if (status == QP_OK && !(scaling->name[i] = strdup(series->name[i])))
            status = qp_fail(QP_EMEMORY, "scaling: out of memory");
    }
    if (status == QP_OK && options->linear) status = fit_linear(series, scaling);
    if (status != QP_OK) qp_scaling_free(scaling);
    return status;
}

/* ---- in the model file ---- */

static void write_numbers(qp_text_buffer *out, const char *key, const double *number, int count)
{
    qp_json_key(out, key);
    qp_json_open(out, '[');
    for (int i = 0; i < count; i++) qp_json_real(out, number[i], 17);
    qp_json_close(out, ']');
}

qp_status qp_scaling_json(const qp_scaling *scaling, char **json)
{
    qp_text_buffer out = {0};
    *json = NULL;
    qp_json_open(&out, '{');
    qp_json_key(&out, "level");
    qp_json_string(&out, scaling->level == QP_LEVEL_LAST ? "last" : "fixed", scaling->level == QP_LEVEL_LAST ? 4 : 5);
    qp_json_key(&out, "window");
    qp_json_integer(&out, scaling->window);
    qp_json_key(&out, "horizon");
    qp_json_integer(&out, scaling->horizon);
    qp_json_key(&out, "columns");
    qp_json_open(&out, '[');
    for (int i = 0; i < scaling->columns; i++) {
        if (qp_json_string(&out, scaling->name[i], strlen(scaling->name[i]))) continue;
        qp_text_free(&out);
        return qp_fail(QP_EDATA, "scaling: the name of column %d is not UTF-8; rename it", i + 1);
    }
    qp_json_close(&out, ']');
    write_numbers(&out, "mean", scaling->mean, scaling->columns);
    write_numbers(&out, "deviation", scaling->deviation, scaling->columns);
    if (scaling->linear.weight) {
        const qp_linear_forecast *l = &scaling->linear;
        write_numbers(&out, "linear", l->weight, l->horizon * (l->window + 1));
        write_numbers(&out, "linear_scale", (double[]){l->mean, l->deviation, scaling->residual}, 3);
    }
    qp_json_close(&out, '}');
    return qp_text_finish(&out, json, NULL);
}

static qp_status parse_columns(const json_t *root, qp_scaling *s)
{
    const json_t *name = json_object_get(root, "columns"), *mean = json_object_get(root, "mean");
    const json_t *deviation = json_object_get(root, "deviation");
    size_t columns = json_array_size(name);
    if (columns < 1 || columns > MOST_COLUMNS || json_array_size(mean) != columns ||
        json_array_size(deviation) != columns)
        return qp_fail(QP_EDATA, "scaling: the numbers do not match the columns; the model file is damaged");
    QP_TRY(allocate(s, (int)columns));
    for (size_t i = 0; i < columns; i++) {
        const char *text = json_string_value(json_array_get(name, i));
        s->mean[i] = json_number_value(json_array_get(mean, i));
        s->deviation[i] = json_number_value(json_array_get(deviation, i));
        if (!text || !(s->deviation[i] > 0))
            return qp_fail(QP_EDATA, "scaling: a column without name or deviation; the model file is damaged");
        if (!(s->name[i] = strdup(text))) return qp_fail(QP_EMEMORY, "scaling: out of memory");
    }
    return QP_OK;
}

static qp_status parse_linear(const json_t *root, qp_scaling *s)
{
    const json_t *linear = json_object_get(root, "linear"), *scale = json_object_get(root, "linear_scale");
    qp_linear_forecast *l = &s->linear;
    if (!linear) return QP_OK;
    size_t weights = (size_t)s->horizon * ((size_t)s->window + 1);
    double of_scale[3];
    for (size_t i = 0; i < 3; i++) of_scale[i] = json_number_value(json_array_get(scale, i));
    if (s->window > QP_LINEAR_WINDOW_MAX || json_array_size(linear) != weights || !(of_scale[1] > 0) ||
        !(of_scale[2] > 0))
        return qp_fail(QP_EDATA, "scaling: the linear part does not fit the window; the model file is damaged");
    *l = (qp_linear_forecast){s->window, s->horizon, of_scale[0], of_scale[1], malloc(weights * sizeof *l->weight)};
    s->residual = of_scale[2];
    if (!l->weight) return qp_fail(QP_EMEMORY, "scaling: out of memory");
    for (size_t i = 0; i < weights; i++) l->weight[i] = json_number_value(json_array_get(linear, i));
    return QP_OK;
}

static qp_status parse(const json_t *root, qp_scaling *s)
{
    const char *level = json_string_value(json_object_get(root, "level"));
    json_int_t window = json_integer_value(json_object_get(root, "window"));
    json_int_t horizon = json_integer_value(json_object_get(root, "horizon"));
    if (!level || (strcmp(level, "fixed") && strcmp(level, "last")) || window < 1 || window > MOST_STEPS ||
        horizon < 1 || horizon > MOST_STEPS)
        return qp_fail(QP_EDATA, "scaling: level, window or horizon cannot be read; the model file is damaged");
    s->level = strcmp(level, "last") ? QP_LEVEL_FIXED : QP_LEVEL_LAST;
    s->window = (int)window;
    s->horizon = (int)horizon;
    QP_TRY(parse_columns(root, s));
    return parse_linear(root, s);
}

qp_status qp_scaling_parse(const char *json, qp_scaling *scaling)
{
    memset(scaling, 0, sizeof *scaling);
    json_t *root;
    QP_TRY(qp_json_read("scaling", json, strlen(json), 0, &root));
    qp_status status = parse(root, scaling);
    json_decref(root);
    if (status != QP_OK) qp_scaling_free(scaling);
    return status;
}

qp_status qp_scaling_columns(const qp_scaling *scaling, char **columns)
{
    size_t bytes = 1, at = 0;
    for (int i = 0; i < scaling->columns; i++) bytes += strlen(scaling->name[i]) + 1;
    char *text = malloc(bytes);
    *columns = text;
    if (!text) return qp_fail(QP_EMEMORY, "scaling: out of memory");
    for (int i = 0; i < scaling->columns; i++) {
        size_t length = strlen(scaling->name[i]);
        if (i) text[at++] = ',';
        memcpy(text + at, scaling->name[i], length);
        at += length;
    }
    text[at] = 0;
    return QP_OK;
}

/* ---- windows ---- */

int64_t qp_scaling_windows(const qp_scaling *scaling, const qp_series *series)
{
    int64_t windows = series->rows - scaling->window - scaling->horizon + 1;
    return windows > 0 ? windows : 0;
}

qp_status qp_scaling_check(const qp_scaling *scaling, const qp_series *series)
{
    if (series->columns != scaling->columns)
        return qp_fail(QP_EDATA, "%s: %d columns, but the model was trained with %d; give the same ones", series->path,
                       series->columns, scaling->columns);
    for (int i = 0; i < series->columns; i++)
        if (strcmp(series->name[i], scaling->name[i]))
            return qp_fail(QP_EDATA, "%s: column %s, but the model was trained with %s; give the same ones",
                           series->path, series->name[i], scaling->name[i]);
    return qp_scaling_windows(scaling, series) > 0 ? QP_OK : too_short(scaling, series);
}

static double level_of(const qp_scaling *s, const qp_series *series, int64_t first, int column)
{
    return s->level == QP_LEVEL_FIXED ? s->mean[column] : qp_series_value(series, first + s->window - 1, column);
}

void qp_scaling_input(const qp_scaling *scaling, const qp_series *series, int64_t first, qp_real *input)
{
    for (int c = 0; c < scaling->columns; c++) {
        double level = level_of(scaling, series, first, c);
        for (int i = 0; i < scaling->window; i++)
            input[(ptrdiff_t)i * scaling->columns + c] =
                (qp_real)((qp_series_value(series, first + i, c) - level) / scaling->deviation[c]);
    }
}

/* What the network's outputs add to, for one window, and their unit. */
typedef struct {
    const qp_linear_forecast *linear; /* NULL: the level alone */
    double level, unit, window[QP_LINEAR_WINDOW_MAX];
} baseline;

static void baseline_begin(const qp_scaling *s, const qp_series *series, int64_t first, baseline *base)
{
    base->linear = s->linear.weight ? &s->linear : NULL;
    base->level = level_of(s, series, first, 0);
    base->unit = base->linear ? s->residual : s->deviation[0];
    for (int i = 0; base->linear && i < s->window; i++) base->window[i] = qp_series_value(series, first + i, 0);
}

static double baseline_step(const baseline *base, int h)
{
    return base->linear ? qp_linear_forecast_step(base->linear, base->window, h) : base->level;
}

void qp_scaling_target(const qp_scaling *scaling, const qp_series *series, int64_t first, qp_real *target)
{
    baseline base;
    baseline_begin(scaling, series, first, &base);
    for (int i = 0; i < scaling->horizon; i++) {
        double value = qp_series_value(series, first + scaling->window + i, 0);
        target[i] = (qp_real)((value - baseline_step(&base, i)) / base.unit);
    }
}

void qp_scaling_forecast(const qp_scaling *scaling, const qp_series *series, int64_t first, const qp_real *output,
                         double *forecast)
{
    baseline base;
    baseline_begin(scaling, series, first, &base);
    for (int i = 0; i < scaling->horizon; i++) forecast[i] = baseline_step(&base, i) + (double)output[i] * base.unit;
}
