#ifndef QP_TRAIN_SERIES_H
#define QP_TRAIN_SERIES_H

#include "lib/metric/forecast.h"
#include "lib/run/train_data.h"

/* train_series — training forecasters of columns of numbers (regress). */
qp_status qp_series_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_series_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_series_load(const qp_train_settings *settings, qp_train_data *data);
void qp_series_sizes(const qp_train_data *data, qp_model_config *model);
qp_status qp_series_source(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
qp_status qp_series_measure(qp_train_data *data, int threads, qp_metrics *metrics);
void qp_series_print(const qp_train_data *data, FILE *stream);

/* The windows that begin at rows first, first + step, ... of a series. */
typedef struct {
    int64_t first, step, count;
} qp_series_range;

/* qp_series_forecast — forecast [count, horizon], in the unit of the file, of the rows after these windows; of a model
 *   of quantiles, the one nearest to the median.
 * qp_series_quantiles — forecast [count, quantiles, horizon], of every quantile (one if the model has none). Quantiles
 *   that cross are sorted.
 * qp_series_middle — the number of the quantile that qp_series_forecast returns. */
qp_status qp_series_forecast(const qp_package *m, const qp_series *series, qp_series_range range, int threads,
                             double *forecast);
qp_status qp_series_quantiles(const qp_package *m, const qp_series *series, qp_series_range range, int threads,
                              double *forecast);
int qp_series_middle(const qp_package *m);

/* qp_series_compare — add the errors of every window of the series whose whole horizon is known. */
qp_status qp_series_compare(const qp_package *m, const qp_series *series, int threads, qp_forecast_sums *sums);

/* qp_series_coverage — share of the values of these windows that are between the lowest and the highest quantile. */
qp_status qp_series_coverage(const qp_package *m, const qp_series *series, int threads, double *share);

#endif
