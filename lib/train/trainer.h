#ifndef QP_TRAINER_H
#define QP_TRAINER_H

#include <signal.h>

#include "lib/base/batch.h"
#include "lib/config/config.h"
#include "lib/train/optimizer.h"
#include "lib/train/progress.h"
#include "lib/train/schedule.h"
#include "lib/train/shards.h"

/* trainer — the training run: updates, validation, early stopping, saves, resuming, the final model.
 *
 * It knows parameters, a loss, batches and what to measure, not what a model is or where text comes from. Equal data,
 * configuration and seed give equal bits whatever the threads, and whether or not the run was stopped and resumed; only
 * a time limit makes the end depend on the machine.
 * X(kind, name, default, low, high, choices, help); see base/config.h */
#define QP_TRAINING_FIELDS(X)                                                                                          \
    X(INT, epochs, "0", 0, 1000000000, NULL, "passes over the data; 0: no limit, but 20 when no other limit is given") \
    X(INT, steps, "0", 0, 1000000000000, NULL, "updates; 0: no limit")                                                 \
    X(INT, train_tokens, "0", 0, 1000000000000000, NULL, "target tokens to read; 0: no limit")                         \
    X(TEXT, time_limit, "", 0, 0, NULL, "stop after 90s, 30m, 2h...; the result then depends on the machine's speed")  \
    X(INT, early_stopping, "0", 0, 1000000, NULL, "stop after so many validations without progress; 0: off")           \
    X(CHOICE, early_stopping_metric, "loss", 0, 0, "loss, bleu, chrf, accuracy, f1",                                   \
      "what the best checkpoint is best at")                                                                           \
    X(INT, valid_freq, "0", 0, 1000000000000, NULL, "updates between validations; 0: after every epoch")               \
    X(INT, disp_freq, "100", 1, 1000000000000, NULL, "updates between progress lines and metrics")                     \
    X(INT, save_freq, "1000", 0, 1000000000000, NULL, "updates between saves; 0: with validations only")               \
    X(INT, keep, "2", 1, 1000000, NULL, "saved states of the run that are kept")                                       \
    X(INT, average, "1", 1, 1000, NULL, "final model: mean of the last N validated checkpoints; 1: the best one")      \
    X(INT, accum, "1", 1, 10000, NULL, "batches that make one update")                                                 \
    X(CHOICE, accum_mean, "tokens", 0, 0, "tokens, batches",                                                           \
      "--accum: batches count by their target tokens, or all alike")                                                   \
    X(BOOL, decay_all, "false", 0, 0, NULL, "weight decay reaches biases and norms too, not matrices alone")           \
    X(REAL, label_smoothing, "0", 0, 0.99, NULL, "share of the target given to all words alike")                       \
    X(REAL, weight_noise, "0", 0, 100, NULL,                                                                           \
      "deviation of Gaussian noise on the matrices at which the gradient is taken")                                    \
    X(TEXT, freeze, "", 0, 0, NULL, "parameters that stay as they are: patterns with * and ?, separated by commas")    \
    X(TEXT, reset, "", 0, 0, NULL, "what going on with other options forgets: optimizer, schedule, counters")          \
    X(INT, shard_rows, "1024", 16, 1000000000, NULL, "source and target tokens of one shard; part of the arithmetic")  \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs; the result does not depend on it")                      \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "seed of all random numbers")

typedef struct {
    QP_TRAINING_FIELDS(QP_FIELD_DECLARE)
} qp_training_config;

extern const qp_field_table qp_training_fields;
enum { QP_EPOCHS_UNLESS_LIMITED = 20 };
enum { QP_ACCUM_TOKENS, QP_ACCUM_BATCHES };
enum { QP_BY_LOSS, QP_BY_BLEU, QP_BY_CHRF, QP_BY_ACCURACY, QP_BY_F1 };

/* What one validation measured, in order. */
enum { QP_METRICS_MAX = 16 };
typedef struct {
    int count;
    struct {
        char name[24];
        double value;
    } entry[QP_METRICS_MAX];
} qp_metrics;
void qp_metrics_add(qp_metrics *metrics, const char *name, double value);

/* The world outside of a run. Functions may be NULL but for those of the batch source and the loss.
 *   measure      a validation beyond the loss: add BLEU and so on of the weights as they now are; may use `threads`
 *                workers, and may return QP_ESTOPPED when asked to stop: it is then repeated on resuming
 *   save_model   write the weights as they now are as a finished model file; needed for validation and a final model
 *   progress     after every update        note   one line worth telling: validation, save, fall back... */
typedef struct {
    void *self;
    qp_status (*measure)(void *self, int threads, qp_metrics *metrics);
    qp_status (*save_model)(void *self, const char *path);
    void (*progress)(void *self, const qp_progress *progress);
    void (*note)(void *self, const char *line);
    const volatile sig_atomic_t *stop; /* not 0: save and return QP_ESTOPPED; NULL: never */
} qp_trainer_hooks;

typedef struct {
    qp_params *params;
    qp_loss_function loss;       /* summed over the target tokens of a shard, with label smoothing */
    qp_loss_function valid_loss; /* the same without; loss NULL: use the first */
    qp_batch_source *train;
    qp_batch_source *valid; /* NULL: no validation loss */
    bool no_perplexity;     /* the loss is no -ln P: do not tell its exponential */
    const qp_training_config *config;
    const qp_optimizer_config *optimizer;
    const qp_schedule_config *schedule; /* lr_total 0: taken from steps */
    const char *folder;                 /* the run's; made if absent; NULL: keep nothing, no resuming */
    const char *model_path;             /* final model; NULL: none (the final weights are in params) */
    const char *fingerprint;            /* one line that must be equal for a run to be resumed; NULL: "" */
    qp_trainer_hooks hooks;
} qp_trainer;

typedef enum {
    QP_END_EPOCHS,
    QP_END_STEPS,
    QP_END_TOKENS,
    QP_END_TIME,
    QP_END_EARLY,
    QP_END_BEFORE /* finished before */
} qp_trainer_end;

typedef struct {
    qp_trainer_end end;
    int64_t updates, epochs, target_tokens, resumed_update; /* resumed_update 0: from the beginning */
    double seconds, tokens_per_second; /* of this session's updates, validation and saves excluded */
    double loss;                       /* per target token, of the last shown stretch */
    bool validated;
    double best_metric;
    int64_t best_update;
    int64_t averaged; /* checkpoints in the final weights; 1: best or last */
} qp_trainer_result;

/* qp_trainer_run — train from the beginning or from the folder's last complete save, until a limit.
 *
 * One update: up to --accum batches of one epoch; rate of the schedule; gradient over shards (shards.h); loss checked;
 * optimizer. Random numbers of update u come from qp_random_key(seed, u). With --ema the mean weights are validated and
 * saved. Validation writes folder/model-UPDATE.safetensors and, when the metric improved, folder/best.safetensors.
 * The end: the mean of the last --average validated models, or the best one, or without validation the last weights,
 * are put into params and saved to model_path.
 * Folder   state-UPDATE.safetensors (all that is needed to go on), model-UPDATE, best, metrics.jsonl, metrics.csv,
 *          train.log; on resuming the metrics are cut back to the state's update.
 * Errors   QP_ESTOPPED after a save; QP_EDATA when the loss or gradient is not finite (naming the update and the last
 *          save) or all saves are damaged; QP_EUSAGE for a metric nobody measures, other options than the run was begun
 *          with; what batch source, loss and hooks return. */
qp_status qp_trainer_run(qp_trainer *trainer, qp_trainer_result *result);

/* qp_trainer_discard — remove a run's folder (--overwrite); fine if there is none. */
qp_status qp_trainer_discard(const char *folder);

/* qp_validation_loss — mean loss per target token over a whole source of batches; same bits for any thread count. */
qp_status qp_validation_loss(qp_shards *shards, const qp_loss_function *loss, qp_batch_source *source, double *mean);

#endif
