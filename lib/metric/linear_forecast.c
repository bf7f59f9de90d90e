#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metric/forecast.h"


/* The scaled window that begins at `first`, then a 1; [window + 1]. */
static void fill_row(const qp_linear_forecast *l, const double *value, double *row)
{
    for (int i = 0; i < l->window; i++) row[i] = (value[i] - l->mean) / l->deviation;
    row[l->window] = 1;
}

/* The normal equations: matrix [size, size] (lower half) and right sides [horizon, size]. */
static void add_windows(const qp_linear_forecast *l, const double *value, int64_t windows, double *matrix,
                        double *right, double *row)
{
    int size = l->window + 1;
    for (int64_t w = 0; w < windows; w++) {
        fill_row(l, value + w, row);
        for (int i = 0; i < size; i++)
            for (int j = 0; j <= i; j++) matrix[i * size + j] += row[i] * row[j];
        for (int h = 0; h < l->horizon; h++) {
            double answer = (value[w + l->window + h] - l->mean) / l->deviation;
            for (int i = 0; i < size; i++) right[h * size + i] += answer * row[i];
        }
    }
}

/* matrix = L L', L in its lower half. The term added to the diagonal keeps every root real, up to rounding. */
static void decompose(double *matrix, int size)
{
    double trace = 0;
    for (int i = 0; i < size; i++) trace += matrix[i * size + i];
    double least = 1e-9 * trace / size;
    for (int i = 0; i < size; i++) {
        matrix[i * size + i] += least;
        for (int j = 0; j <= i; j++) {
            double sum = matrix[i * size + j];
            for (int k = 0; k < j; k++) sum -= matrix[i * size + k] * matrix[j * size + k];
            matrix[i * size + j] = i == j ? sqrt(sum > least / 2 ? sum : least / 2) : sum / matrix[j * size + j];
        }
    }
}

/* Solves L L' x = right in place. */
static void solve(const double *matrix, int size, double *right)
{
    for (int i = 0; i < size; i++) {
        for (int k = 0; k < i; k++) right[i] -= matrix[i * size + k] * right[k];
        right[i] /= matrix[i * size + i];
    }
    for (int i = size - 1; i >= 0; i--) {
        for (int k = i + 1; k < size; k++) right[i] -= matrix[k * size + i] * right[k];
        right[i] /= matrix[i * size + i];
    }
}

static void find_scale(const double *value, int64_t count, qp_linear_forecast *l)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += value[i];
    l->mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) squares += (value[i] - l->mean) * (value[i] - l->mean);
    l->deviation = sqrt(squares / (double)count);
    if (!(l->deviation > 0)) l->deviation = 1;
}

qp_status qp_linear_forecast_fit(const double *value, int64_t count, int window, int horizon,
                                 qp_linear_forecast *linear)
{
    memset(linear, 0, sizeof *linear);
    if (window < 1 || window > QP_LINEAR_WINDOW_MAX || horizon < 1)
        return qp_fail(QP_EUSAGE,
                       "linear forecast: window %d, horizon %d; give a window of 1 to %d and a horizon from 1 on",
                       window, horizon, QP_LINEAR_WINDOW_MAX);
    int64_t windows = count - window - horizon + 1;
    if (windows < 1)
        return qp_fail(QP_EDATA, "linear forecast: %lld values, fewer than a window of %d and the %d after it",
                       (long long)count, window, horizon);
    linear->window = window;
    linear->horizon = horizon;
    size_t size = (size_t)window + 1;
    linear->weight = calloc((size_t)horizon * size, sizeof *linear->weight);
    double *matrix = calloc(size * size, sizeof *matrix), *row = malloc(size * sizeof *row);
    qp_status status = QP_OK;
    if (linear->weight && matrix && row) {
        find_scale(value, count, linear);
        add_windows(linear, value, windows, matrix, linear->weight, row);
        decompose(matrix, window + 1);
        for (int h = 0; h < horizon; h++) solve(matrix, window + 1, linear->weight + (size_t)h * size);
    } else {
        qp_linear_forecast_free(linear);
        status = qp_fail(QP_EMEMORY, "linear forecast: out of memory");
    }
    free(matrix);
    free(row);
    return status;
}

double qp_linear_forecast_step(const qp_linear_forecast *linear, const double *window, int h)
{
    const double *weight = linear->weight + (size_t)h * ((size_t)linear->window + 1);
    double sum = weight[linear->window];
    for (int i = 0; i < linear->window; i++) sum += weight[i] * (window[i] - linear->mean) / linear->deviation;
    return linear->mean + linear->deviation * sum;
}

void qp_linear_forecast_make(const qp_linear_forecast *linear, const double *window, double *forecast)
{
    for (int h = 0; h < linear->horizon; h++) forecast[h] = qp_linear_forecast_step(linear, window, h);
}

void qp_linear_forecast_free(qp_linear_forecast *linear)
{
    free(linear->weight);
    memset(linear, 0, sizeof *linear);
}
