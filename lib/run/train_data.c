#include "lib/run/train_data.h"

qp_status qp_train_data_begin(qp_train_data *data)
{
    *data = (qp_train_data){0};
    return qp_package_new(&data->package);
}

void qp_train_data_free(qp_train_data *data)
{
    qp_validation_free(&data->translations);
    qp_scheduled_sampling_free(data->scheduled_sampling);
    for (int part = 0; part < QP_PARTS; part++) {
        qp_batcher_free(data->batcher[part]);
        qp_window_batches_free(data->windows[part]);
        qp_tbptt_batches_free(data->streams[part]);
        qp_masking_free(data->masking[part]);
        qp_series_windows_free(data->series_windows[part]);
        qp_image_batches_free(data->image_batches[part]);
        qp_images_free(&data->images[part]);
        qp_corpus_free(&data->corpus[part]);
        qp_conll_free(data->conll[part]);
        qp_series_free(&data->series[part]);
    }
    qp_package_free(data->package);
    *data = (qp_train_data){0};
}
