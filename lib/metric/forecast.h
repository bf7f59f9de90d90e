#ifndef QP_FORECAST_H
#define QP_FORECAST_H

#include <stdint.h>

#include "lib/base/status.h"

/* forecast — the errors of forecasts, and simple baselines for a model to beat.
 *   MAE  = mean |x - f|        MSE = mean (x - f)^2        RMSE = sqrt(MSE)
 *   R^2  = 1 - sum (x - f)^2 / sum (x - mean x)^2;  for constant x: 1 if every forecast is exact, else 0 */
typedef struct {
    int64_t count;
    double absolute, squares; /* sums of |x - f| and (x - f)^2 */
    double mean, deviations;  /* of x: running mean and sum of squared deviations (Welford 1962) */
} qp_forecast_sums;           /* all zero = empty */

/* qp_forecast_add — adds `count` values and their forecasts. */
void qp_forecast_add(qp_forecast_sums *sums, const double *value, const double *forecast, int count);
double qp_forecast_mae(const qp_forecast_sums *sums);
double qp_forecast_mse(const qp_forecast_sums *sums);
double qp_forecast_rmse(const qp_forecast_sums *sums);
double qp_forecast_r2(const qp_forecast_sums *sums);

/* Forecasts of the `horizon` values after window[0..count), count > 0.
 * qp_forecast_naive    — the last value.
 * qp_forecast_seasonal — the value one period before (Hyndman & Athanasopoulos 2021, 5.2); 1 <= period <= count.
 * qp_forecast_line     — the least-squares line through the window, extrapolated. */
void qp_forecast_naive(const double *window, int count, int horizon, double *forecast);
void qp_forecast_seasonal(const double *window, int count, int period, int horizon, double *forecast);
void qp_forecast_line(const double *window, int count, int horizon, double *forecast);

/* qp_linear_forecast — linear regression of each step of the horizon on the values of the window and a constant, by
 * least squares over all windows of the training part (what a network without a hidden layer would learn).
 * The normal equations are solved by Cholesky decomposition, with 1e-9 of the mean diagonal added to it against
 * singular systems.
 * qp_linear_forecast_fit — value[0..count). Memory (window + 1)^2 doubles; time count * window^2.
 *   Errors  QP_EDATA: count < window + horizon; QP_EUSAGE: a window or horizon below 1, or a window above 4096;
 *           QP_EMEMORY. */
enum { QP_LINEAR_WINDOW_MAX = 4096 };
typedef struct {
    int window, horizon;
    double mean, deviation; /* of the training part: the regression uses scaled values */
    double *weight;         /* [horizon, window + 1], the constant last */
} qp_linear_forecast;

qp_status qp_linear_forecast_fit(const double *value, int64_t count, int window, int horizon,
                                 qp_linear_forecast *linear);
void qp_linear_forecast_free(qp_linear_forecast *linear);

/* qp_linear_forecast_make — forecast [horizon] of the values after window [linear->window].
 * qp_linear_forecast_step — its number h alone. */
double qp_linear_forecast_step(const qp_linear_forecast *linear, const double *window, int h);
void qp_linear_forecast_make(const qp_linear_forecast *linear, const double *window, double *forecast);

#endif
