#include "cli/train_task.h"

#include "cli/train_text.h"

static const qp_train_task tasks[QP_TASK_MLM + 1] = {
    [QP_TASK_TRANSLATE] = {qp_pairs_files, qp_pairs_tokenizers, qp_pairs_load, qp_text_sizes, qp_text_source,
                           qp_pairs_measure, qp_text_print},
    [QP_TASK_LM] = {qp_text_files_of, qp_text_tokenizers, qp_text_load, qp_text_sizes, qp_text_source, qp_text_measure,
                    qp_text_print},
};

const qp_train_task *qp_train_task_of(int64_t task) { return &tasks[task]; }

void qp_train_data_free(qp_train_data *data)
{
    qp_validation_free(&data->translations);
    for (int part = 0; part < QP_PARTS; part++) {
        qp_batcher_free(data->batcher[part]);
        qp_windows_free(data->windows[part]);
        qp_streams_free(data->streams[part]);
        qp_corpus_free(&data->corpus[part]);
    }
}
