#ifndef QP_SERIES_SCALING_H
#define QP_SERIES_SCALING_H

#include "data/series/series.h"
#include "lib/base/real.h"
#include "lib/metric/forecast.h"

/* scaling — scales a series (series.h) for a network and back: z = (x - level) / deviation, per column.
 * It is fitted to the training part and stored in the model file as JSON, with the window, the horizon and the names of
 * the columns, so that `predict` needs no other file.
 *   FIXED  level = mean of the training part, deviation = its standard deviation (standard scaling)
 *   LAST   level = the last value of each window, deviation = root mean square of the differences to it, over windows
 *          and horizons of the training part: for series that leave the range of training (NLinear: Zeng et al. 2023)
 * A column that never changes has deviation 1.
 *
 * With a linear part the network forecasts what a linear regression on the window leaves over:
 *   target = (x - regression) / residual, residual the root mean square of what is left over in the training part
 * This is the autoregressive part of LSTNet (Lai et al. 2018), fitted first, so that a network that learns nothing
 * still forecasts as well as the regression. */
typedef enum { QP_LEVEL_FIXED, QP_LEVEL_LAST } qp_level_kind;

typedef struct {
    qp_level_kind level;
    int window, horizon;
    bool linear; /* with a linear part */
} qp_scaling_options;

typedef struct {
    qp_level_kind level;
    int window, horizon; /* rows read, rows forecast */
    int columns;
    char **name;               /* [columns]; the first is forecast */
    double *mean, *deviation;  /* [columns]; LAST does not use mean */
    qp_linear_forecast linear; /* of the first column; weight is NULL without a linear part */
    double residual;           /* > 0 */
} qp_scaling;

/* qp_scaling_fit — fit to the training part.
 * Errors  QP_EUSAGE: window or horizon below 1; QP_EDATA: the series is shorter than one window and its horizon; those
 *         of qp_linear_forecast_fit; QP_EMEMORY. */
qp_status qp_scaling_fit(const qp_series *series, const qp_scaling_options *options, qp_scaling *scaling);
void qp_scaling_free(qp_scaling *scaling);

/* qp_scaling_json  — the scaling as JSON text, malloc'ed; numbers survive exactly.
 * qp_scaling_parse — parse it; QP_EDATA if it is damaged. */
qp_status qp_scaling_json(const qp_scaling *scaling, char **json);
qp_status qp_scaling_parse(const char *json, qp_scaling *scaling);

/* qp_scaling_columns — the columns as a string for qp_series_options, malloc'ed ("temp_max,wind"). Errors:
 * QP_EMEMORY. */
qp_status qp_scaling_columns(const qp_scaling *scaling, char **columns);

/* qp_scaling_windows — number of windows that are followed by a whole horizon (window w begins at row w).
 * qp_scaling_check   — QP_EDATA if the series has no such window, or other columns. */
int64_t qp_scaling_windows(const qp_scaling *scaling, const qp_series *series);
qp_status qp_scaling_check(const qp_scaling *scaling, const qp_series *series);

/* qp_scaling_input    — input [window, columns]: the scaled rows first .. first+window-1.
 * qp_scaling_target   — target [horizon]: the scaled values of the first column after them.
 * qp_scaling_forecast — forecast [horizon]: scaled outputs for this window, converted to the unit of the file.
 * All rows must exist; for the forecast after the end of a series, first = rows - window. */
void qp_scaling_input(const qp_scaling *scaling, const qp_series *series, int64_t first, qp_real *input);
void qp_scaling_target(const qp_scaling *scaling, const qp_series *series, int64_t first, qp_real *target);
void qp_scaling_forecast(const qp_scaling *scaling, const qp_series *series, int64_t first, const qp_real *output,
                         double *forecast);

#endif
