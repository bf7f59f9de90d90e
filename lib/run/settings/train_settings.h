#ifndef QP_TRAIN_SETTINGS_H
#define QP_TRAIN_SETTINGS_H

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/model/config/model_config.h"
#include "lib/train/trainer.h"

/* train_settings — all options of a training: the command line's and the library's alike.
 * X(kind, name, default, low, high, choices or metavariable, help); see lib/config/config.h */
#define QP_JOB_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE", "model file to write (.safetensors); its run is kept in MODEL.run")               \
    X(TEXT, train_src, "", 0, 0, "FILE,...", "training text, source side")                                             \
    X(TEXT, train_tgt, "", 0, 0, "FILE,...", "training text, target side")                                             \
    X(TEXT, valid_src, "", 0, 0, "FILE,...", "validation text, source side")                                           \
    X(TEXT, valid_tgt, "", 0, 0, "FILE,...", "validation text, target side")                                           \
    X(TEXT, train, "", 0, 0, "FILE,...",                                                                               \
      "training data in one file: source TAB target; lm, autoencode, mlm: text; classify: label TAB text; tag: "       \
      "CoNLL; regress: CSV; match: text TAB text, or text TAB text TAB score; with --patch: IDX, a folder of PNG or "  \
      "CSV. Several files, patterns ('part-*.gz') and repeated options are read one after the other. FILE:0.7: its "   \
      "lines are this share of each pass, drawn at random")                                                            \
    X(TEXT, train_weights, "", 0, 0, "FILE,...",                                                                       \
      "a number for each line of the training text: how much it counts in the loss; 1 is usual")                       \
    X(BOOL, balanced_sampling, "false", 0, 0, NULL,                                                                    \
      "classify: each pass reads texts of all labels equally often")                                                   \
    X(INT, curriculum, "0", 0, 1000000, NULL,                                                                          \
      "passes that begin with the shortest lines: the first reads 1 in N+1 of the data, the next 2 ...; 0: all at "    \
      "once")                                                                                                          \
    X(TEXT, valid, "", 0, 0, "FILE,...", "validation data in one file, as --train; none: hold nothing back either")    \
    X(TEXT, tokenizer, "bpe", 0, 0, "NAME|FILE",                                                                       \
      "learn one of this type (char, byte, word, space, bpe...), or read this file")                                   \
    X(TEXT, src_tokenizer, "", 0, 0, "NAME|FILE", "the same, for the source side only")                                \
    X(TEXT, tgt_tokenizer, "", 0, 0, "NAME|FILE", "the same, for the target side only")                                \
    X(TEXT, special, "", 0, 0, "ROLE=PIECE,...",                                                                       \
      "roles of pieces of --tokenizer FILE: begin, end, pad, unknown, mask; a piece that is not there is appended")    \
    X(INT, vocab_size, "8000", 5, 16777216, NULL, "largest vocabulary of a learned tokenizer")                         \
    X(BOOL, share_vocab, "false", 0, 0, NULL, "learn one tokenizer from both sides")                                   \
    X(BOOL, lower_case, "false", 0, 0, NULL, "lower-case all text first")                                              \
    X(INT, layers, "0", 0, 128, NULL, "layers of the encoder and of the decoder; 0: --enc-layers, --dec-layers")       \
    X(INT, batch_size, "4096", 1, 1073741824, NULL, "target tokens, or sentences, per batch")                          \
    X(CHOICE, batch_type, "token", 0, 0, "token, sentence", "what --batch-size counts")                                \
    X(TEXT, valid_metrics, "loss,bleu", 0, 0, "NAMES",                                                                 \
      "metrics of a validation: loss, bleu, chrf, chrf++, ter, wer, cer, accuracy, word-accuracy")                     \
    X(INT, valid_beam_size, "1", 1, 1000, NULL, "beam size of the validation's translations; 1: greedy")               \
    X(INT, tag_column, "0", 0, 1000, NULL, "tag: column to learn, from 1; 0: column 4 of CoNLL-U, else the last")      \
    X(CHOICE, unseen_labels, "refuse", 0, 0, "refuse, ignore",                                                         \
      "classify, tag: validation labels that are not in the training data")                                            \
    X(TEXT, class_weights, "", 0, 0, "LABEL:N,...",                                                                    \
      "classify, tag: how much the examples of each label count in the training loss; balanced: the rarer the label, " \
      "the more, so that all labels count alike")                                                                      \
    X(TEXT, column, "", 0, 0, "NAMES",                                                                                 \
      "CSV; regress: column to forecast; further columns, separated by commas, are input only; classify: column "      \
      "of the labels; then those of the numbers (if not given, all others)")                                           \
    X(TEXT, patch, "", 0, 0, "HxW",                                                                                    \
      "classify: images (IDX, a folder of PNG for each class, CSV) are cut into patches of so many rows and columns, " \
      "which the encoder reads one after the other; series: W numbers")                                                \
    X(TEXT, image_size, "", 0, 0, "HxW[xC]",                                                                           \
      "--patch: PNG: scale to this size; CSV: the image in a row (if not given, a square)")                            \
    X(INT, image_shift, "0", 0, 1024, NULL,                                                                            \
      "--patch, training: move each image by up to N pixels each way, at random")                                      \
    X(TEXT, train_labels, "", 0, 0, "FILE",                                                                            \
      "--patch, IDX: labels; if not given, the file named as --train with labels in place of images")                  \
    X(TEXT, valid_labels, "", 0, 0, "FILE", "the same for --valid")                                                    \
    X(INT, window, "24", 1, 65536, NULL, "regress: rows of input per forecast")                                        \
    X(CHOICE, level, "fixed", 0, 0, "fixed, last",                                                                     \
      "regress: scale around the training mean, or around the window's last value")                                    \
    X(BOOL, linear, "false", 0, 0, NULL,                                                                               \
      "regress: fit a linear regression on the window first; the network forecasts what it leaves over")               \
    X(CHOICE, holes, "refuse", 0, 0, "refuse, interpolate", "regress: what to do with empty cells")                    \
    X(TEXT, missing, "", 0, 0, NULL, "regress: cells with this text count as empty, for example -999")                 \
    X(REAL, scheduled_sampling, "0", 0, 1, NULL,                                                                       \
      "translate, autoencode: share of the decoder's input tokens replaced by its own predictions")                    \
    X(REAL, mask_rate, "0.15", 0.001, 0.999, NULL, "mlm: share of the tokens that are masked")                         \
    X(BOOL, whole_words, "false", 0, 0, NULL, "mlm: mask whole words, not pieces")                                     \
    X(TEXT, preset, "", 0, 0, "NAME", "sizes and learning rates of a paper or tutorial; prints what it sets")          \
    X(TEXT, init_from, "", 0, 0, "FILE",                                                                               \
      "start from another model: its network, unless options set another, and its weights, where name and shape "      \
      "match")                                                                                                         \
    X(TEXT, embeddings, "", 0, 0, "FILE",                                                                              \
      "word vectors (word2vec, GloVe, fastText .vec) as first values of the embeddings; --freeze '*embed.weight' "     \
      "keeps them")                                                                                                    \
    X(TEXT, src_embeddings, "", 0, 0, "FILE", "the same, for the source side only")                                    \
    X(TEXT, tgt_embeddings, "", 0, 0, "FILE", "the same, for the target side only")                                    \
    X(TEXT, teacher, "", 0, 0, "FILE",                                                                                 \
      "learn from this model's probabilities too (distillation); of the same task, words and labels")                  \
    X(REAL, teacher_weight, "0.5", 0, 1, NULL,                                                                         \
      "--teacher: weight of the divergence from the teacher; the data's answers count 1 less this")                    \
    X(REAL, teacher_temperature, "2", 0.01, 1000, NULL,                                                                \
      "--teacher: scores of both are divided by this; the higher, the more the unlikely answers count")                \
    X(INT, lora, "0", 0, 4096, NULL,                                                                                   \
      "--init-from: train only low-rank adapters of this rank beside its weights, and what it lacks; 0: all")          \
    X(REAL, lora_alpha, "0", 0, 1e6, NULL, "--lora: adapters are scaled by this over their rank; 0: the rank")         \
    X(TEXT, lora_layers, "encoder.*,decoder.*", 0, 0, "PATTERNS",                                                      \
      "--lora: matrices that get an adapter; patterns with * and ?, separated by commas")                              \
    X(BOOL, stream, "false", 0, 0, NULL,                                                                               \
      "lm, translate, autoencode, mlm: read the training text in portions, not into memory; shuffled within them, "    \
      "and they come from places all over the text")                                                                   \
    X(INT, stream_buffer, "64", 1, 1000000, NULL, "--stream: MB of text in a portion")                                 \
    X(INT, rank_timeout, "6", 0, 86400, NULL,                                                                          \
      "several ranks (mpirun, srun): seconds without a sign of life from one after which all end; 0: never")           \
    X(BOOL, dry_run, "false", 0, 0, NULL, "report sizes, time and likely problems; train and write nothing")           \
    X(TEXT, log, "", 0, 0, "FILE", "also append all messages to this file")                                            \
    X(BOOL, overwrite, "false", 0, 0, NULL, "discard the existing run and model, and start over")                      \
    X(CHOICE, progress, "auto", 0, 0, "auto, always, never", "the live progress line")                                 \
    X(BOOL, quiet, "false", 0, 0, NULL, "print errors only")

typedef struct {
    QP_JOB_FIELDS(QP_FIELD_DECLARE)
} qp_job_config;
extern const qp_field_table qp_job_fields;

#define QP_NGRAM_FIELDS(X)                                                                                             \
    X(INT, order, "3", 1, 12, NULL, "length of the longest n-grams")                                                   \
    X(TEXT, prune, "", 0, 0, "N,N,...", "drop n-grams seen this often or less; one number per order, such as 0,0,1")   \
    X(BOOL, interpolate_unigrams, "true", 0, 0, NULL, "interpolate unigrams with the uniform distribution")

typedef struct {
    QP_NGRAM_FIELDS(QP_FIELD_DECLARE)
} qp_ngram_options;
extern const qp_field_table qp_ngram_fields;

enum { QP_PROGRESS_AUTO, QP_PROGRESS_ALWAYS, QP_PROGRESS_NEVER };

typedef struct {
    qp_job_config job;
    qp_model_config model;
    qp_training_config training;
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
    qp_ngram_options ngram;                            /* --decoder ngram */
    bool (*given)(const void *self, const char *name); /* was this option (hyphenated) given? NULL: choose none */
    bool (*typed)(const void *self, const char *name); /* the same, on the command line itself; NULL: nothing was */
    const void *given_self;
} qp_train_settings;

/* The first QP_TRAIN_TABLES describe a run and are in its config.yaml and fingerprint; n-grams have no run. */
enum { QP_TRAIN_TABLES = 5, QP_TRAIN_ALL_TABLES };

/* qp_train_tables — the tables and the objects of `settings` they fill, in the order of the help. */
void qp_train_tables(qp_train_settings *settings, const qp_field_table *table[QP_TRAIN_ALL_TABLES],
                     void *object[QP_TRAIN_ALL_TABLES]);

/* qp_train_set — parse one value; hyphens or underscores.   Errors  QP_EUSAGE: no such option, with the nearest name;
 *   a value that does not parse.
 * qp_train_add — the same for an option that has been given before: a list of files grows by this one.
 * qp_train_defaults — every option its default.
 * qp_train_reads_images — whether classify reads images or series of numbers (--patch or --column), not text. */
qp_status qp_train_set(qp_train_settings *settings, const char *name, const char *value);
qp_status qp_train_add(qp_train_settings *settings, const char *name, const char *value);
void qp_train_defaults(qp_train_settings *settings);
bool qp_train_reads_images(const qp_train_settings *settings);

/* qp_train_complete — set what follows from the options that were given: --layers, --lm-window, a preset's and a
 * task's consequences. `given` answers whether an option (hyphenated) was given.
 * Errors  QP_EUSAGE: --layers 0, --lr 0. */
qp_status qp_train_complete(qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                            const void *self);

#endif
