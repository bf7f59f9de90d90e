#ifndef QP_TRAIN_TASK_H
#define QP_TRAIN_TASK_H

#include "cli/train/train_job.h"
#include "cli/train/validation.h"
#include "data/batches/batcher.h"
#include "data/batches/masking.h"
#include "data/batches/scheduled_sampling.h"
#include "data/batches/tbptt_batches.h"
#include "data/batches/window_batches.h"
#include "data/series/series_windows.h"
#include "data/text/conll.h"
#include "data/text/corpus.h"
#include "data/text/labels.h"

/* train_task — what differs between training runs by their task: which files, what is read from them, what a batch is,
 * what a validation measures. One row of functions for each task; cli/train_job.c runs the row. */
enum { QP_TRAINING, QP_VALIDATION, QP_PARTS };

typedef struct {
    bool has_valid;
    qp_text_files files[QP_PARTS];
    qp_tokenizer *source, *target; /* the same where one serves both; NULL: none; owned until the model has them */
    qp_text_codec source_codec, target_codec;
    qp_corpus corpus[QP_PARTS];
    bool adopted; /* labels and scaling belong to the model by now; these still show them */
    qp_labels labels;
    qp_conll *conll[QP_PARTS];
    qp_series series[QP_PARTS];
    qp_scaling scaling;
    qp_batcher *batcher[QP_PARTS];
    qp_window_batches *windows[QP_PARTS];
    qp_tbptt_batches *streams[QP_PARTS];
    qp_masking *masking[QP_PARTS];
    const qp_model *model; /* that learns; known before the batches are */
    qp_scheduled_sampling *own_reading;
    qp_series_windows *series_windows[QP_PARTS];
    qp_batch_source batches[QP_PARTS];
    qp_validation translations; /* what translating tasks measure */
} qp_train_data;

/* One row. settings and data are the run's.
 *   files       which files the options name                        Errors  QP_EUSAGE: some are missing or contradict
 *   tokenizers  load from the run's folder what an earlier session learned there; else learn, or load the file named, and
 *               keep a copy in the folder (NULL: keep none)
 *   load        read and encode; what a validation needs beside its loss
 *   sizes       vocabularies and the like, into the model's configuration
 *   source      the batches of one part
 *   measure     beyond the loss, which is already in `metrics` as the first entry: of the weights as they now are
 *   print       what was read, a line each */
typedef struct {
    qp_status (*files)(const qp_train_settings *settings, qp_train_data *data);
    qp_status (*tokenizers)(const qp_train_settings *settings, const char *folder, qp_train_data *data);
    qp_status (*load)(const qp_train_settings *settings, qp_train_data *data);
    void (*sizes)(const qp_train_data *data, qp_model_config *model);
    qp_status (*source)(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
    qp_status (*measure)(qp_train_data *data, const qp_text_model *text_model, int threads, qp_metrics *metrics);
    void (*print)(const qp_train_data *data, FILE *stream);
} qp_train_task;

/* qp_train_task_of — the row of a task (QP_TASK_*).    qp_train_data_free — but for the tokenizers. */
const qp_train_task *qp_train_task_of(int64_t task);
void qp_train_data_free(qp_train_data *data);

#endif
