#include "lib/run/train_task.h"

#include "lib/run/train_images.h"
#include "lib/run/train_labelled.h"
#include "lib/run/train_match.h"
#include "lib/run/train_series.h"
#include "lib/run/train_text.h"

static const qp_train_task tasks[] = {
    [QP_TASK_TRANSLATE] = {qp_pairs_files, qp_pairs_tokenizers, qp_pairs_load, qp_text_sizes, qp_text_source,
                           qp_pairs_measure, qp_text_print, NULL},
    [QP_TASK_LM] = {qp_text_files_of, qp_text_tokenizers, qp_text_load, qp_text_sizes, qp_text_source, qp_text_measure,
                    qp_text_print, NULL},
    [QP_TASK_CLASSIFY] = {qp_classify_files, qp_classify_tokenizers, qp_classify_load, qp_labelled_sizes,
                          qp_text_source, qp_labelled_measure, qp_labelled_print, qp_labelled_warn},
    [QP_TASK_TAG] = {qp_tag_files, qp_tag_tokenizers, qp_tag_load, qp_labelled_sizes, qp_text_source,
                     qp_labelled_measure, qp_labelled_print, qp_labelled_warn},
    [QP_TASK_REGRESS] = {qp_series_files, qp_series_tokenizers, qp_series_load, qp_series_sizes, qp_series_source,
                         qp_series_measure, qp_series_print, NULL},
    [QP_TASK_AUTOENCODE] = {qp_autoencode_files, qp_autoencode_tokenizers, qp_pairs_load, qp_text_sizes, qp_text_source,
                            qp_pairs_measure, qp_text_print, NULL},
    [QP_TASK_MLM] = {qp_mlm_files, qp_mlm_tokenizers, qp_text_load, qp_text_sizes, qp_mlm_source, qp_mlm_measure,
                     qp_text_print, NULL},
    [QP_TASK_MATCH] = {qp_match_files, qp_match_tokenizers, qp_match_load, qp_text_sizes, qp_text_source,
                       qp_match_measure, qp_match_print, NULL},
};

static const qp_train_task images = {qp_images_files,  qp_images_tokenizers, qp_images_load,  qp_images_sizes,
                                     qp_images_source, qp_labelled_measure,  qp_images_print, NULL};

const qp_train_task *qp_train_task_of(const qp_train_settings *settings)
{
    return qp_train_reads_images(settings) ? &images : &tasks[settings->model.task];
}
