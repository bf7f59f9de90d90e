#ifndef QP_TRAIN_TEXT_H
#define QP_TRAIN_TEXT_H

#include "lib/run/train_data.h"
#include "lib/run/train_tokenizer.h"

/* train_text — training the tasks that make text: pairs of lines (translate), one text (lm), a text and itself
 * (autoencode). */
qp_status qp_pairs_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_pairs_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_pairs_load(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_pairs_measure(qp_train_data *data, int threads, qp_metrics *metrics);

qp_status qp_text_files_of(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_text_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);
qp_status qp_text_load(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_text_measure(qp_train_data *data, int threads, qp_metrics *metrics);

/* qp_text_stream_index — finds the pieces of the training text for --stream. Collective.
 * qp_text_one_file — the files of a task that reads --train and --valid. `task` is its name, for messages.
 * qp_text_tokenizer — one tokenizer from the source side of the training text, the target side, or both. */
qp_status qp_text_one_file(const qp_train_settings *settings, const char *task, qp_text_kind kind, qp_train_data *data);
qp_status qp_text_tokenizer(const qp_job_config *job, const qp_train_data *data, const qp_tokenizer_wish *wish,
                            bool source, bool target, qp_tokenizer **tokenizer);

qp_status qp_text_stream_index(qp_train_data *data);
void qp_text_sizes(const qp_train_data *data, qp_model_config *model);
qp_status qp_text_source(const qp_train_settings *settings, qp_train_data *data, int part, qp_batch_source *source);
qp_status qp_autoencode_files(const qp_train_settings *settings, qp_train_data *data);
qp_status qp_autoencode_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_data *data);

/* qp_text_print_corpora — the lines about the corpora alone. */
void qp_text_print_corpora(const qp_train_data *data, FILE *stream);
void qp_text_print(const qp_train_data *data, FILE *stream);

#endif
