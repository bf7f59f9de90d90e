#ifndef QP_FORECAST_TABLE_H
#define QP_FORECAST_TABLE_H

#include "lib/package.h"

/* forecast_table — a forecaster beside the simple forecasts it has to beat, over every window of a series. */

/* qp_forecast_table_check — QP_EUSAGE for a list with a name that is none of mae, mse, rmse, r2.
 * qp_forecast_table_print — rows: the model, the last value (naive), the straight line through the window, with period > 0
 *   the value one period before (seasonal), with `training` a linear regression learned there; columns: the chosen figures.
 *   Errors  those of qp_scaling_check and the model; QP_EUSAGE: a period longer than the window. */
qp_status qp_forecast_table_check(const char *metrics);
qp_status qp_forecast_table_print(const qp_package *m, const qp_series *test, const qp_series *training, int period,
                                  int threads, const char *metrics, bool json);

#endif
