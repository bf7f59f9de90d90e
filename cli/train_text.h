#ifndef QP_TRAIN_TEXT_H
#define QP_TRAIN_TEXT_H

#include "cli/train_job.h"

/* train_text — the text side of a training run: which files, which tokenizers, which corpora. */
typedef struct {
    qp_text_files train, valid;     /* valid.target NULL (or source, TABBED): no validation */
    bool has_valid;
    qp_tokenizer *source, *target;  /* the same where one serves both; source NULL for language models */
    qp_text_codec source_codec, target_codec;
    qp_corpus train_corpus, valid_corpus;
} qp_train_text;

/* qp_train_text_files — which files the options name.      Errors  QP_EUSAGE: some are missing or contradict.
 * qp_train_text_tokenizers — load from the run's folder what an earlier session learned there; else learn, or load the
 *     file named, and keep a copy in the folder. folder NULL: keep none.
 * qp_train_text_corpora — read and encode.    qp_train_text_print — one line a corpus on stderr. */
qp_status qp_train_text_files(const qp_train_settings *settings, qp_train_text *text);
qp_status qp_train_text_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_text *text);
qp_status qp_train_text_corpora(const qp_train_settings *settings, qp_train_text *text);
void      qp_train_text_print(const qp_train_text *text);
void      qp_train_text_free(qp_train_text *text);     /* corpora; the tokenizers belong to the model by then */

#endif
