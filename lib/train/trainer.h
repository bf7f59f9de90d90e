#ifndef QP_TRAINER_H
#define QP_TRAINER_H

#include <signal.h>

#include "lib/base/batch.h"
#include "lib/train/metrics.h"
#include "lib/train/optimizer.h"
#include "lib/train/progress.h"
#include "lib/train/schedule.h"
#include "lib/train/gradient/shards.h"
#include "lib/train/training_config.h"

/* trainer — a training run: updates, validation, early stopping, saves, resuming, the final model.
 *
 * It works with parameters, a loss, batches and metrics; it does not know models or texts. Equal data, configuration
 * and seed give equal bits for any number of threads and ranks, and whether or not the run was stopped and resumed;
 * only with a time limit does the end depend on the machine.
 *
 * Of several ranks all do the same, with equal weights: each runs its part of every batch's shards and gets the sum.
 * Rank 0 alone reads and writes the folder and the model file, and calls begin and save_model; what depends on a file
 * or a clock comes from rank 0. */

/* Callbacks; any may be NULL, except that validation and a final model need save_model.
 *   begin        the configuration is checked and the folder's last save, if any, is loaded; nothing is written yet
 *   measure      metrics beyond the loss: adds BLEU and so on of the current weights, with `threads` workers; may
 *                return QP_ESTOPPED when asked to stop: the validation is then repeated on resuming
 *   save_model   writes the current weights as a finished model file
 *   progress     after every update
 *   note         one line about an event: validation, save, a damaged save that was skipped */
typedef struct {
    void *self;
    qp_status (*begin)(void *self);
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
    bool asks_average;      /* --average was asked for: warn if there will be fewer checkpoints */
    bool valid_by_time;     /* --valid-freq is a guess: a run that its time limit ends is validated by the time */
    bool no_perplexity;     /* the loss is not -ln P: do not report its exponential */
    const qp_training_config *config;
    const qp_optimizer_config *optimizer;
    const qp_schedule_config *schedule; /* lr_total 0: taken from steps */
    const char *folder;                 /* of the run; created if absent; NULL: nothing is kept, no resuming */
    bool start_over;                    /* ignore what the folder holds, which hooks.begin removes */
    const char *model_path;             /* final model; NULL: none (the final weights are in params) */
    const char *fingerprint;            /* one line; a run is resumed only if it is equal; NULL: "" */
    qp_cluster *cluster;                /* ranks that train together; NULL: this process alone */
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
    int64_t updates, epochs, target_tokens, resumed_update; /* resumed_update 0: not resumed */
    double seconds, tokens_per_second; /* of this session's updates, without validation and saves */
    double loss;                       /* per target token, of the last reported interval */
    bool validated;
    double best_metric;
    int64_t best_update;
    int64_t averaged; /* checkpoints in the final weights; 1: best or last */
} qp_trainer_result;

/* qp_training_config_check — what can be said about the options without data.    Errors  QP_EUSAGE: a time limit that
 * is no duration, an unknown part of the state in --reset. */
qp_status qp_training_config_check(const qp_training_config *config);

/* qp_trainer_run — trains from the beginning or from the folder's last complete save, until a limit is reached.
 *
 * One update: up to --accum batches of one epoch; the gradient over shards (shards.h); a check that the loss is finite;
 * the rate of the schedule; the optimizer. Random numbers of update u come from qp_random_key(seed, u). With --ema the
 * averaged weights are validated and saved. Validation writes folder/model-UPDATE.safetensors and, if the metric
 * improved, folder/best.safetensors. At the end params and model_path receive the mean of the last --average validated
 * models, or the best one, or without validation the last weights.
 * Folder   state-UPDATE.safetensors (everything needed to resume), model-UPDATE, best, metrics.jsonl, metrics.csv,
 *          train.log; on resuming, the metrics are cut back to the state's update.
 * Errors   QP_ESTOPPED after a save; QP_EDATA when the loss or gradient is not finite (naming the update and the last
 *          save) or all saves are damaged; QP_EUSAGE for a metric that is not measured, or other options than at the
 *          start of the run; those of batch source, loss and hooks. */
qp_status qp_trainer_run(qp_trainer *trainer, qp_trainer_result *result);

#endif
