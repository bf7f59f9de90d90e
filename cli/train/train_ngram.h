#ifndef QP_TRAIN_NGRAM_H
#define QP_TRAIN_NGRAM_H

#include "cli/train/train_job.h"

/* train_ngram — `train --decoder ngram`: the same files, tokenizers and model file as any language model, but counted
 * at once instead of learned in updates, so that there is no run to resume. */
#define QP_NGRAM_FIELDS(X)                                                                                             \
    X(INT, order, "3", 1, 12, NULL, "longest n-grams: words a probability depends on, and itself")                     \
    X(TEXT, prune, "", 0, 0, NULL, "leave out n-grams seen so often or less: a number for each order, as 0,0,1")       \
    X(BOOL, interpolate_unigrams, "true", 0, 0, NULL, "unknown words share the unigrams' rest with all others")

typedef struct {
    QP_NGRAM_FIELDS(QP_FIELD_DECLARE)
} qp_ngram_options;
extern const qp_field_table qp_ngram_fields;

/* qp_train_ngram — learn, save to settings->job.model, tell the perplexity of --valid on stderr.
 * Errors  QP_EUSAGE; QP_ECREATE when the model is there and --overwrite is not given; those of its parts.
 * qp_train_ngram_adopt — a text model of n-grams and a tokenizer; owns both from now on, after a failure too. */
qp_status qp_train_ngram(qp_train_settings *settings, const qp_ngram_options *options);
qp_status qp_train_ngram_adopt(const qp_model_config *config, qp_ngram *ngram, qp_tokenizer *tokenizer,
                               qp_text_model *made);

#endif
