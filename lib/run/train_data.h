#ifndef QP_TRAIN_DATA_H
#define QP_TRAIN_DATA_H

#include <stdio.h>

#include "data/batches/masking.h"
#include "data/batches/scheduled_sampling.h"
#include "data/batches/stream_batches.h"
#include "data/batches/tbptt_batches.h"
#include "data/batches/text_batches.h"
#include "data/images/image_batches.h"
#include "data/series/series_windows.h"
#include "data/text/conll.h"
#include "data/text/corpus.h"
#include "data/text/label_sets.h"
#include "data/text/labels.h"
#include "lib/package/package.h"
#include "lib/run/settings/train_settings.h"
#include "lib/run/validation.h"

/* train_data — what a training reads, and the package it makes. */
enum { QP_TRAINING, QP_VALIDATION, QP_PARTS };

typedef struct {
    bool has_valid;
    bool no_valid; /* --valid none: hold nothing back either */
    qp_text_files files[QP_PARTS];
    qp_package *package; /* tokenizers, labels and scaling come first, then the model */
    qp_corpus corpus[QP_PARTS];
    qp_conll *conll[QP_PARTS];
    qp_series series[QP_PARTS];
    qp_images images[QP_PARTS];
    qp_text_batches *text_batches[QP_PARTS];
    qp_stream *stream; /* of the training text, whose present portion is corpus[QP_TRAINING]; NULL: all is in memory */
    qp_text_index index;
    qp_corpus_options streamed;
    qp_cluster *cluster; /* ranks that read together; NULL: this process alone */
    qp_tbptt_batches *tbptt_batches[QP_PARTS];
    qp_masking *masking[QP_PARTS];
    qp_scheduled_sampling *scheduled_sampling;
    qp_series_windows *series_windows[QP_PARTS];
    qp_image_batches *image_batches[QP_PARTS];
    qp_batch_source batches[QP_PARTS];
    qp_validation translations; /* of tasks that make text */
    qp_label_sets sets;         /* --multi-label: the answers of both parts */
    double *share;              /* of the files or labels that are drawn by shares; NULL: none */
} qp_train_data;

/* What differs between trainings by their task.
 *   files       which files the options name                        Errors  QP_EUSAGE: some are missing or contradict
 *   tokenizers  load those an earlier session left in the run's folder; else learn them or load the file named, and
 *               keep a copy in the folder (NULL: no folder)
 *   load        read and encode; what a validation needs beside its loss
 *   sizes       vocabulary sizes and the like, into the model's configuration
 *   source      the batches of one part
 *   measure     add metrics to the loss, which `metrics` holds already, of the current weights
 *   print       what was read, one line per part
 *   warn        likely mistakes in the data, one call of `say` each; NULL: none are known */
typedef struct {
    qp_status (*files)(const qp_train_settings *settings, qp_train_data *data);
    qp_status (*tokenizers)(const qp_train_settings *settings, const char *folder, qp_train_data *data);
    qp_status (*load)(const qp_train_settings *settings, qp_train_data *data);
    void (*sizes)(const qp_train_data *data, qp_model_config *model);
    qp_status (*source)(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
    qp_status (*measure)(qp_train_data *data, int threads, qp_metrics *metrics);
    void (*print)(const qp_train_data *data, FILE *stream);
    void (*warn)(const qp_train_data *data, void (*say)(void *self, const char *line), void *self);
} qp_train_task;

/* qp_train_data_begin — with an empty package.   qp_train_data_free — the package too, unless it was taken out. */
qp_status qp_train_data_begin(qp_train_data *data);
void qp_train_data_free(qp_train_data *data);

/* qp_train_shares — do the training files have shares (file_list.h)?
 * qp_train_shares_check — QP_EUSAGE for shares where they mean nothing: of validation files, of targets alone; and, if
 *   `what` says why, of the training files, whose readers have no lines to draw.
 * qp_train_sampling — what the options say about which lines a pass reads, for the batcher.
 *   Errors  QP_EUSAGE: options that do not combine; QP_EMEMORY; those of file_list.h. */
bool qp_train_shares(const qp_train_data *data);
qp_status qp_train_shares_check(const qp_job_config *job, const char *what);
qp_status qp_train_sampling(const qp_train_settings *settings, qp_train_data *data, qp_batcher_options *options);

#endif
