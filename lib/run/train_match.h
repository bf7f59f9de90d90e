#ifndef QP_TRAIN_MATCH_H
#define QP_TRAIN_MATCH_H

#include "lib/run/train_data.h"

/* train_match — training a model that shows which texts belong together (--task match): pairs of texts, with or
 * without a score of their likeness, one tokenizer for both. */
qp_status qp_match_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_match_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_match_load(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_match_measure(qp_train_data *data, int threads, qp_metrics *metrics);
void qp_match_print(const qp_train_data *data, FILE *stream);

#endif
