#ifndef QP_TRAIN_NGRAM_H
#define QP_TRAIN_NGRAM_H

#include "lib/run/train_run.h"

/* train_ngram — training with --decoder ngram: files, tokenizer and model file are those of any language model, but
 * n-grams are counted in one pass: there are no updates, and no run to resume.
 *
 * qp_train_ngram — learn; nothing is saved. Of the hooks, only `note` is called; the caller frees the package.
 *   Errors  QP_EUSAGE; QP_ECREATE: settings->job.model exists and --overwrite is not given; those of its parts.
 * qp_ngram_package — a package of n-grams and a tokenizer; owns both from now on, also after a failure. */
qp_status qp_train_ngram(const qp_train_settings *settings, const qp_train_hooks *hooks, qp_package **package);
qp_status qp_ngram_package(const qp_model_config *config, qp_ngram *ngram, qp_tokenizer *tokenizer,
                           qp_package **package);

#endif
