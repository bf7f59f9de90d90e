#include "lib/metric/forecast.h"

#include <math.h>

void qp_forecast_add(qp_forecast_sums *sums, const double *value, const double *forecast, int count)
{
    for (int i = 0; i < count; i++) {
        double error = value[i] - forecast[i], change = value[i] - sums->mean;
        sums->count++;
        sums->absolute += fabs(error);
        sums->squares += error * error;
        sums->mean += change / (double)sums->count;
        sums->deviations += change * (value[i] - sums->mean);
    }
}

double qp_forecast_mae(const qp_forecast_sums *sums) { return sums->count ? sums->absolute / (double)sums->count : 0; }

double qp_forecast_mse(const qp_forecast_sums *sums) { return sums->count ? sums->squares / (double)sums->count : 0; }

double qp_forecast_rmse(const qp_forecast_sums *sums) { return sqrt(qp_forecast_mse(sums)); }

double qp_forecast_r2(const qp_forecast_sums *sums)
{
    if (sums->deviations > 0) return 1 - sums->squares / sums->deviations;
    return sums->squares > 0 ? 0 : 1;
}

void qp_forecast_naive(const double *window, int count, int horizon, double *forecast)
{
    for (int i = 0; i < horizon; i++) forecast[i] = window[count - 1];
}

void qp_forecast_seasonal(const double *window, int count, int period, int horizon, double *forecast)
{
    for (int i = 0; i < horizon; i++) forecast[i] = window[count - period + i % period];
}

void qp_forecast_line(const double *window, int count, int horizon, double *forecast)
{
    double middle = (count - 1) / 2.0, mean = 0, slope = 0, spread = 0;
    for (int i = 0; i < count; i++) mean += window[i] / count;
    for (int i = 0; i < count; i++) {
        slope += (i - middle) * (window[i] - mean);
        spread += (i - middle) * (i - middle);
    }
    if (spread > 0) slope /= spread;
    for (int i = 0; i < horizon; i++) forecast[i] = mean + slope * (count + i - middle);
}
