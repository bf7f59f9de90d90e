#ifndef QP_TRAIN_LABELLED_H
#define QP_TRAIN_LABELLED_H

#include "lib/run/train_data.h"

/* train_labelled — training the tasks whose answers are labels: of texts (classify), of words (tag), of masked tokens
 * (mlm). */
qp_status qp_classify_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_classify_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_classify_load(const qp_train_settings *settings, qp_train_data *data);

qp_status qp_tag_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_tag_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_tag_load(const qp_train_settings *settings, qp_train_data *data);

void qp_labelled_sizes(const qp_train_data *data, qp_model_config *model);
qp_status qp_labelled_measure(qp_train_data *data, int threads, qp_metrics *metrics);
void qp_labelled_print(const qp_train_data *data, FILE *stream);
void qp_labelled_warn(const qp_train_data *data, void (*say)(void *self, const char *line), void *self);

qp_status qp_mlm_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_mlm_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_mlm_source(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
qp_status qp_mlm_measure(qp_train_data *data, int threads, qp_metrics *metrics);

/* qp_classify_targets — gives a --multi-label model its answers.
 * qp_classify_weigh — the feature weights of a model with --encoder bag, from its training texts; nothing for others.
 * Errors  QP_EMEMORY. */
void qp_classify_targets(const qp_train_data *data);
qp_status qp_classify_weigh(const qp_train_data *data);

#endif
