#ifndef QP_TRAIN_JOB_H
#define QP_TRAIN_JOB_H

#include "cli/base/text_model.h"
#include "lib/config/config.h"
#include "lib/model/model_config.h"
#include "lib/train/trainer.h"

/* train_job — everything one training run is made of, put together from options: tokenizers, corpora, model, trainer,
 * validation. `quipu train` and `quipu demo` both are this. */
#define QP_JOB_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, NULL, "the model file to make; its run lives beside it in MODEL.run")                     \
    X(TEXT, train_src, "", 0, 0, NULL, "training text, source side")                                                   \
    X(TEXT, train_tgt, "", 0, 0, NULL, "training text, target side")                                                   \
    X(TEXT, valid_src, "", 0, 0, NULL, "validation text, source side")                                                 \
    X(TEXT, valid_tgt, "", 0, 0, NULL, "validation text, target side")                                                 \
    X(TEXT, train, "", 0, 0, NULL,                                                                                     \
      "training text in one file: source TAB target; lm, autoencode, mlm: text; classify: label TAB text; tag: "       \
      "CoNLL; regress: CSV")                                                                                           \
    X(TEXT, valid, "", 0, 0, NULL, "validation text in one file")                                                      \
    X(TEXT, tokenizer, "bpe", 0, 0, NULL, "char, byte, word, space, bpe...: learn one; or the file of one")            \
    X(TEXT, src_tokenizer, "", 0, 0, NULL, "the same for the source side alone")                                       \
    X(TEXT, tgt_tokenizer, "", 0, 0, NULL, "the same for the target side alone")                                       \
    X(INT, vocab_size, "8000", 5, 16777216, NULL, "most pieces of a learned tokenizer")                                \
    X(BOOL, share_vocab, "false", 0, 0, NULL, "one tokenizer learned from both sides")                                 \
    X(BOOL, lower_case, "false", 0, 0, NULL, "map text to lower case before anything else")                            \
    X(INT, layers, "0", 0, 128, NULL, "layers of encoder and decoder alike; 0: --enc-layers, --dec-layers")            \
    X(INT, batch_size, "4096", 1, 1073741824, NULL, "target tokens, or sentences, of a batch")                         \
    X(CHOICE, batch_type, "token", 0, 0, "token, sentence", "what --batch-size counts")                                \
    X(TEXT, valid_metrics, "loss,bleu", 0, 0, NULL,                                                                    \
      "what a validation measures: loss, bleu, chrf, chrf++, ter, wer, cer, accuracy, word-accuracy")                  \
    X(INT, valid_beam_size, "1", 1, 1000, NULL, "beam of the validation's translations; 1: greedy")                    \
    X(INT, tag_column, "0", 0, 1000, NULL, "tag: the column that is learned, from 1; 0: CoNLL-U 4, else the last")     \
    X(CHOICE, unseen_labels, "refuse", 0, 0, "refuse, ignore",                                                         \
      "classify, tag: a validation label that training does not have")                                                 \
    X(TEXT, column, "", 0, 0, NULL, "regress: the column that is foretold; further ones behind commas help")           \
    X(INT, window, "24", 1, 65536, NULL, "regress: rows that are read for a forecast")                                 \
    X(CHOICE, level, "fixed", 0, 0, "fixed, last",                                                                     \
      "regress: scale around the mean of training, or the window's last value")                                        \
    X(CHOICE, holes, "refuse", 0, 0, "refuse, interpolate", "regress: what an empty cell means")                       \
    X(TEXT, missing, "", 0, 0, NULL, "regress: a cell of this text is empty too, such as -999")                        \
    X(REAL, scheduled_sampling, "0", 0, 1, NULL,                                                                       \
      "translate, autoencode: share of the tokens a learning decoder reads that are its own best ones")                \
    X(REAL, mask_rate, "0.15", 0.001, 0.999, NULL, "mlm: share of the tokens that are hidden")                         \
    X(BOOL, whole_words, "false", 0, 0, NULL, "mlm: hide whole words, not pieces")                                     \
    X(TEXT, preset, "", 0, 0, NULL, "sizes and rates of a paper or tutorial; what it sets is told")                    \
    X(TEXT, init_from, "", 0, 0, NULL, "begin with what fits of another model's weights, by name and shape")           \
    X(BOOL, dry_run, "false", 0, 0, NULL,                                                                              \
      "tell what would be trained, how long it takes, what may go wrong; write nothing")                               \
    X(TEXT, log, "", 0, 0, NULL, "also write what is said to this file")                                               \
    X(BOOL, overwrite, "false", 0, 0, NULL, "throw away the run and the model that are there, and begin anew")         \
    X(CHOICE, progress, "auto", 0, 0, "auto, always, never", "the live progress line")                                 \
    X(BOOL, quiet, "false", 0, 0, NULL, "say nothing but errors")

typedef struct {
    QP_JOB_FIELDS(QP_FIELD_DECLARE)
} qp_job_config;
extern const qp_field_table qp_job_fields;

enum { QP_PROGRESS_AUTO, QP_PROGRESS_ALWAYS, QP_PROGRESS_NEVER };

typedef struct {
    qp_job_config job;
    qp_model_config model;
    qp_training_config training;
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
} qp_train_settings;

enum { QP_TRAIN_TABLES = 5 };

/* qp_train_tables — the five tables and the objects of `settings` they fill, in the order of the help. */
void qp_train_tables(qp_train_settings *settings, const qp_field_table *table[QP_TRAIN_TABLES],
                     void *object[QP_TRAIN_TABLES]);

/* qp_train_job_run — run or resume; the finished model is saved to settings->job.model. Messages and progress go to
 * stderr unless quiet.   text_model, if not NULL, receives the final model (the caller frees it).
 * Errors  those of its parts; QP_ESTOPPED after a signal, with everything saved. */
qp_status qp_train_job_run(qp_train_settings *settings, qp_trainer_result *result, qp_text_model *text_model);

#endif
