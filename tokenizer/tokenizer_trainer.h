#ifndef QP_TOKENIZER_TRAINER_H
#define QP_TOKENIZER_TRAINER_H

#include "tokenizer/learn/line_source.h"
#include "tokenizer/own/own_trainer.h"
#include "tokenizer/tokenizer.h"

/* tokenizer_trainer — learn a tokenizer from text; see own_trainer.h.
 *
 * qp_tokenizer_train       — from a source of lines.
 * qp_tokenizer_train_files — from files, plain or gzipped.
 * report   may be NULL
 * Errors   those of qp_own_train. */
qp_status qp_tokenizer_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                             qp_tokenizer_report *report, qp_tokenizer **tokenizer);
qp_status qp_tokenizer_train_files(const qp_tokenizer_config *config, const char *const *path, int count,
                                   qp_tokenizer_report *report, qp_tokenizer **tokenizer);

#endif
