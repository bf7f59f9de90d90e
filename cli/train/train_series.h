#ifndef QP_TRAIN_SERIES_H
#define QP_TRAIN_SERIES_H

#include "cli/train/train_task.h"
#include "lib/metric/forecast.h"

/* train_series — forecasting columns of numbers (the row of cli/train_task.h for regress). */
qp_status qp_series_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_series_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_series_load(const qp_train_settings *settings, qp_train_data *data);
void qp_series_sizes(const qp_train_data *data, qp_model_config *model);
qp_status qp_series_source(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
qp_status qp_series_measure(qp_train_data *data, const qp_text_model *text_model, int threads, qp_metrics *metrics);
void qp_series_print(const qp_train_data *data, FILE *stream);

/* qp_series_foretell — forecast [count, horizon], in the unit of the file, of what is behind the windows that begin at
 * rows first, first + step, ... of a series. */
qp_status qp_series_foretell(const qp_text_model *m, const qp_series *series, int64_t first, int64_t step,
                             int64_t count, int threads, double *forecast);

/* qp_series_compare — forecasts of every window of the series that has its horizon behind it, against what came. */
qp_status qp_series_compare(const qp_text_model *m, const qp_series *series, int threads, qp_forecast_sums *sums);

#endif
