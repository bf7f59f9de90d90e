#ifndef QP_FORECAST_TABLE_H
#define QP_FORECAST_TABLE_H

#include "lib/package/package.h"

/* forecast_table — compares a forecaster with simple forecasts over every window of a series. */

/* qp_forecast_table_check — QP_EUSAGE for a list with a name other than mae, mse, rmse, r2.
 * qp_forecast_table_print — one row for each forecast, one column for each chosen metric. The rows: the model; the last
 *   value (naive); the straight line through the window; with period > 0 the value one period earlier (seasonal); with
 *   `training` a linear regression fitted to it. For a model of quantiles it also prints how often the values are
 *   between the lowest and the highest one.
 *   Errors  those of qp_scaling_check and the model; QP_EUSAGE: a period longer than the window. */
qp_status qp_forecast_table_check(const char *metrics);
qp_status qp_forecast_table_print(const qp_package *m, const qp_series *test, const qp_series *training, int period,
                                  int threads, const char *metrics, bool json);

#endif
