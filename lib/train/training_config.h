#ifndef QP_TRAINING_CONFIG_H
#define QP_TRAINING_CONFIG_H

#include "lib/config/config.h"
#include "lib/train/gradient/gradient_type.h"

/* training_config — the options of a training run.
 * X(id, name) */
#define QP_STOPPING_METRICS(X)                                                                                         \
    X(QP_BY_LOSS, "loss")                                                                                              \
    X(QP_BY_BLEU, "bleu") X(QP_BY_CHRF, "chrf") X(QP_BY_ACCURACY, "accuracy") X(QP_BY_F1, "f1")                        \
    X(QP_BY_RECALL, "recall@1") X(QP_BY_SPEARMAN, "spearman")
#define QP_PRECISIONS(X) X(QP_PRECISION_FP32, "fp32") X(QP_PRECISION_BF16, "bf16")
#define QP_ACCUM_MEANS(X) X(QP_ACCUM_TOKENS, "tokens") X(QP_ACCUM_BATCHES, "batches")

/* X(kind, name, default, low, high, choices, help); see lib/config/config.h */
#define QP_TRAINING_FIELDS(X)                                                                                          \
    X(INT, epochs, "0", 0, 1000000000, NULL, "passes over the data; 0: no limit, but 20 when no other limit is given") \
    X(INT, steps, "0", 0, 1000000000000, NULL, "updates; 0: no limit")                                                 \
    X(INT, train_tokens, "0", 0, 1000000000000000, NULL, "target tokens to read; 0: no limit")                         \
    X(TEXT, time_limit, "", 0, 0, NULL,                                                                                \
      "end after 90s, 30m, 2h..., the schedule too; the result then depends on the machine's speed")                   \
    X(INT, early_stopping, "0", 0, 1000000, NULL, "validations without improvement before training stops; 0: off")     \
    X(CHOICE, early_stopping_metric, "loss", 0, 0, QP_CHOICES(QP_STOPPING_METRICS),                                    \
      "metric of early stopping and of the best checkpoint")                                                           \
    X(INT, valid_freq, "0", 0, 1000000000000, NULL, "updates between validations; 0: after every epoch")               \
    X(INT, disp_freq, "100", 1, 1000000000000, NULL, "updates between progress lines and metrics")                     \
    X(INT, save_freq, "1000", 0, 1000000000000, NULL, "updates between saves; 0: with validations only")               \
    X(INT, keep, "2", 1, 1000000, NULL, "number of saved states of the run that are kept")                             \
    X(INT, average, "1", 1, 1000, NULL, "final model: mean of the last N validated checkpoints; 1: the best one")      \
    X(INT, accum, "1", 1, 10000, NULL, "batches per update (gradient accumulation)")                                   \
    X(CHOICE, accum_mean, "tokens", 0, 0, QP_CHOICES(QP_ACCUM_MEANS),                                                  \
      "--accum: weight batches by their target tokens, or equally")                                                    \
    X(BOOL, decay_all, "false", 0, 0, NULL, "apply weight decay to biases and norms too, not only to matrices")        \
    X(REAL, label_smoothing, "0", 0, 0.99, NULL, "probability mass spread over the whole vocabulary")                  \
    X(REAL, weight_noise, "0", 0, 100, NULL,                                                                           \
      "standard deviation of Gaussian noise added to matrices for each gradient")                                      \
    X(TEXT, freeze, "", 0, 0, NULL, "parameters that are not trained: patterns with * and ?, separated by commas")     \
    X(REAL, layer_decay, "1", 0.001, 1, NULL,                                                                          \
      "factor on the learning rate from each layer to the one below, the embeddings last; for fine-tuning")            \
    X(TEXT, reset, "", 0, 0, NULL, "state to reset when resuming with other options: optimizer, schedule, counters")   \
    X(CHOICE, precision, "fp32", 0, 0, QP_CHOICES(QP_PRECISIONS),                                                      \
      "operands of products with weights while training; bf16: faster on CPUs with AVX512-BF16, same bits on all")     \
    X(INT, shard_rows, "1024", 16, 1000000000, NULL,                                                                   \
      "source and target tokens per shard, whose gradients are summed apart: more take less memory, fewer give work "  \
      "to more ranks; affects the bits of the result")                                                                 \
    X(CHOICE, gradient_type, "fp32", 0, 0, QP_CHOICES(QP_GRADIENT_TYPES),                                              \
      "bf16: round every sum of gradients to bfloat16; several ranks send half the bytes")                             \
    X(REAL, gradient_bucket, "25", 0.001, 1000000, NULL,                                                               \
      "several ranks: MB of the gradient that are sent at once, while layers below compute; does not affect the "      \
      "result")                                                                                                        \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs; does not affect the result")                            \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "random seed")

typedef struct {
    QP_TRAINING_FIELDS(QP_FIELD_DECLARE)
} qp_training_config;

enum { QP_STOPPING_METRICS(QP_CHOICE_ID) QP_STOPPING_METRIC_COUNT };
enum { QP_PRECISIONS(QP_CHOICE_ID) QP_PRECISION_COUNT };
enum { QP_ACCUM_MEANS(QP_CHOICE_ID) QP_ACCUM_MEAN_COUNT };
enum { QP_EPOCHS_UNLESS_LIMITED = 20 };

extern const qp_field_table qp_training_fields;

/* qp_stopping_metric_name — the name of a QP_BY_ id. */
const char *qp_stopping_metric_name(int metric);

#endif
