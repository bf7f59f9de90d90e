#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/decode/scheduled_words.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_linear.h"
#include "lib/model/augment.h"
#include "lib/model/model_file.h"
#include "lib/train/trainer.h"
#include "tests/oracles/oracle_learning.h"
#include "tests/oracles/oracle_model.h"
#include "tests/oracles/oracle_training.h"

/* Whole training runs by the library's trainer: loss, gradient norm and learning rate of every step, the final weights
 * and their averages. */

static void settle_optimizer(oracle *o, qp_optimizer_config *config)
{
    oracle_optimizer_config(o, config);
    if (!oracle_is(o, "optimizer", "sgd") || oracle_number_or(o, "momentum", 0) == 0) return;
    config->optimizer = oracle_flag_or(o, "nesterov", false) ? QP_NESTEROV : QP_MOMENTUM;
}

/* ---- kinds of models ---- */

static void make_model(training *t) { oracle_model_make(t->o, t->kind, "init."); }

static void model_batch(training *t, int number, qp_batch *batch)
{
    *batch = oracle_model_batch(t->o, t->kind, "batch.", number).batch;
}

static qp_tensor model_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    return qp_model_loss(t->o->model, tape, batch, t->smoothing);
}

/* The mean over sequences; the trainer divides by the rows. */
static void field_batch(training *t, int number, qp_batch *batch)
{
    model_batch(t, number, batch);
    qp_sequences s = batch->target.sequences;
    t->unit = (qp_real)s.start[s.count] / (qp_real)s.count;
}

static qp_tensor field_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    return qp_scale(tape, model_loss(t, tape, batch), t->unit);
}

/* linear2(tanh(linear1 x)): one row per sequence, so that a row and its mixup partner stay in one shard. */
static void make_mixup(training *t)
{
    static const char *const name[] = {"linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"};
    qp_params *params = oracle_params(t->o);
    for (int i = 0; i < 4; i++) {
        char full[32];
        int rows, columns;
        snprintf(full, sizeof full, "init.%s", name[i]);
        oracle_matrix(t->o, full, &rows, &columns);
        qp_params_add(params, rows, columns, qp_init_constant(0), "%s", name[i]);
    }
    oracle_bind(t->o, "init.", oracle_split_nothing);
}

static void mixup_batch(training *t, int number, qp_batch *batch)
{
    int count = oracle_size(t->o, "batch.x", 1), columns = oracle_size(t->o, "batch.x", 2);
    oracle_ragged rows = oracle_ragged_of(t->o, count, 1, NULL);
    ptrdiff_t first = (ptrdiff_t)number * count;
    *batch = (qp_batch){.target = {rows.sequences, oracle_ints(t->o, "batch.target") + first},
                        .source = {.sequences = rows.sequences},
                        .source_value = oracle_reals(t->o, "batch.x") + first * columns,
                        .features = columns};
}

static qp_tensor mixup_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    int rows = batch->target.sequences.count;
    if (rows != oracle_size(t->o, "batch.x", 1)) return qp_tape_fail(tape, QP_ESHAPE, "a part of a batch");
    ptrdiff_t first = (ptrdiff_t)t->number * rows;
    const qp_real *own = oracle_reals(t->o, "batch.lambda") + first;
    const int32_t *other = oracle_ints(t->o, "batch.permutation") + first;
    qp_tensor x = qp_tensor_of(rows, batch->features, (qp_real *)(uintptr_t)batch->source_value), parameter[4];
    for (int i = 0; i < 4; i++) parameter[i] = qp_param(tape, t->o->params, i);
    x = qp_linear(tape, qp_mixup(tape, x, own, other), parameter[0], parameter[1]);
    x = qp_linear(tape, qp_activation(tape, x, QP_TANH, 0), parameter[2], parameter[3]);
    return qp_mixup_cross_entropy(tape, x, batch->target.id, own, other, t->smoothing);
}

/* The case averages the loss over tokens and the divergence over texts; the library sums over both. */
static void code_batch(training *t, int number, qp_batch *batch)
{
    model_batch(t, number, batch);
    qp_sequences s = batch->target.sequences;
    t->tokens_per_text = (qp_real)s.start[s.count] / (qp_real)s.count;
    if (t->accumulate > 1) oracle_stop(t->o, "batches of several mean lengths");
}

static qp_tensor code_loss(training *t, qp_tape *tape, const qp_batch *batch)
{
    qp_model_parts parts = qp_model_loss_parts(t->o->model, tape, batch, t->smoothing);
    if (!parts.divergence.value) return parts.words;
    qp_real weight = (qp_real)oracle_number(t->o, "kl_weight") * t->tokens_per_text;
    return qp_add(tape, parts.words, qp_scale(tape, parts.divergence, weight));
}

/* The model of the first set; the decoder's inputs depend on coins and on its own predictions. */
static void make_sampled(training *t)
{
    t->kind = "gru_seq2seq";
    make_model(t);
}

static void sampled_batch(training *t, int number, qp_batch *batch)
{
    oracle_batch b = oracle_model_batch(t->o, t->kind, "batch.", number);
    const int32_t *coins = oracle_ints(t->o, "batch.coins") + (ptrdiff_t)number * b.target.batch * b.target.time;
    size_t rows = (size_t)b.target.rows;
    uint8_t *coin = oracle_memory(t->o, rows);
    int32_t *input = oracle_memory(t->o, rows * sizeof *input);
    for (size_t r = 0; r < rows; r++) coin[r] = coins[b.target.row[r]] != 0;
    *batch = b.batch;
    batch->input = input;
    if (qp_scheduled_words(t->o->model, batch, coin, 1, input) != QP_OK) oracle_stop(t->o, "%s", qp_error_message());
}

static const training_row rows[] = {
    {"mixup_mlp", make_mixup, mixup_batch, mixup_loss, oracle_split_nothing, NULL},
    {"bilstm_crf", make_model, field_batch, field_loss, NULL, NULL},
    {"gru_seq2seq_sampled", make_sampled, sampled_batch, model_loss, NULL, NULL},
    {"autoencoder", make_model, code_batch, code_loss, NULL, NULL},
    {NULL, make_model, model_batch, model_loss, NULL, NULL},
};

/* ---- callbacks of the trainer ---- */

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    training *t = self;
    (void)epoch;
    *count = (int64_t)t->steps * t->accumulate;
    return QP_OK;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    training *t = self;
    (void)slot;
    t->number = (int)number;
    t->row->batch(t, t->number, batch);
    return QP_OK;
}

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *batch)
{
    training *t = self;
    return t->row->loss(t, tape, batch);
}

static void progress(void *self, const qp_progress *p)
{
    training *t = self;
    t->loss[p->update - 1] = (qp_real)p->loss;
    t->norm[p->update - 1] = (qp_real)p->gradient_norm;
    t->rate[p->update - 1] = (qp_real)p->rate;
    if (p->update == t->steps) memcpy(t->last, qp_params_block(t->o->params), t->bytes);
}

/* A validation that never improves: it stores the weights for their average. */
static qp_status measure(void *self, int threads, qp_metrics *metrics)
{
    (void)self;
    (void)threads;
    qp_metrics_add(metrics, "loss", 0);
    return QP_OK;
}

static qp_status save_model(void *self, const char *path)
{
    return qp_model_file_save(path, ((training *)self)->o->model, &(qp_model_texts){0});
}

/* ---- configuration ---- */

static bool starts_with_one_of(const char *name, const char *prefixes)
{
    while (*prefixes) {
        size_t bytes = strcspn(prefixes, ",");
        if (bytes > 0 && strncmp(name, prefixes, bytes) == 0) return true;
        prefixes += bytes + (prefixes[bytes] == ',');
    }
    return false;
}

/* `frozen` lists prefixes of the case's names; --freeze takes the library's. */
static void freeze(const training *t, qp_training_config *config)
{
    oracle *o = t->o;
    oracle_split *split = t->row->split ? t->row->split : oracle_model_split(o, t->kind);
    const char *prefixes = oracle_text_or(o, "frozen", "none");
    if (strcmp(prefixes, "none") == 0) return;
    size_t used = 0;
    for (int i = 0; i < qp_params_count(o->params); i++) {
        const qp_parameter *p = qp_params_at(o->params, i);
        oracle_piece piece[ORACLE_PIECES] = {0};
        int pieces = split(p, piece), frozen = 0;
        for (int k = 0; k < pieces; k++) frozen += starts_with_one_of(piece[k].name, prefixes);
        if (frozen == 0) continue;
        if (frozen != pieces) oracle_stop(o, "part of %s is frozen", p->name);
        used += (size_t)snprintf(config->freeze + used, sizeof config->freeze - used, "%s,", p->name);
        if (used >= sizeof config->freeze) oracle_stop(o, "too many frozen parameters");
    }
}

/* The average of the weights after the last steps is the average of the last validated models. */
static void settle_mean(training *t, qp_training_config *config, qp_trainer *trainer)
{
    int start = (int)oracle_number_or(t->o, "swa_start", -1);
    if (start < 0) return;
    const char *place = getenv("TMPDIR");
    snprintf(t->folder, sizeof t->folder, "%.40s/oracle-XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(t->folder)) oracle_stop(t->o, "%s cannot be made", t->folder);
    config->average = t->steps - start;
    config->valid_freq = 1;
    trainer->hooks.measure = measure;
    trainer->hooks.save_model = save_model;
    trainer->folder = t->folder;
}

static qp_status run(training *t)
{
    qp_optimizer_config optimizer;
    qp_schedule_config schedule;
    qp_training_config config;
    qp_trainer_result result;
    settle_optimizer(t->o, &optimizer);
    oracle_schedule_config(t->o, "schedule", &schedule);
    qp_config_defaults(&qp_training_fields, &config);
    config.steps = t->steps;
    config.accum = t->accumulate;
    config.accum_mean = QP_ACCUM_BATCHES;
    config.decay_all = !oracle_flag(t->o, "decay_matrices_only");
    config.disp_freq = config.threads = 1;
    config.save_freq = 0;
    freeze(t, &config);
    qp_batch_source source = {.self = t, .begin = begin, .get = get};
    qp_trainer trainer = {.params = t->o->params,
                          .loss = {.self = t, .loss = loss_of},
                          .train = &source,
                          .config = &config,
                          .optimizer = &optimizer,
                          .schedule = &schedule,
                          .hooks = {.self = t, .progress = progress}};
    settle_mean(t, &config, &trainer);
    qp_status status = qp_trainer_run(&trainer, &result);
    if (t->folder[0]) qp_file_remove_tree(t->folder);
    return status;
}

/* ---- the case ---- */

static void compare(training *t)
{
    oracle *o = t->o;
    oracle_compare(o, "loss", (size_t)t->steps, t->loss);
    oracle_compare(o, "grad_norm", (size_t)t->steps, t->norm);
    oracle_compare(o, "lr", (size_t)t->steps, t->rate);
    if (oracle_number_or(o, "ema_decay", 0) > 0 || oracle_number_or(o, "swa_start", -1) >= 0)
        oracle_compare_weights(o, "ema.");
    memcpy(qp_params_block(o->params), t->last, t->bytes);
    oracle_compare_weights(o, "final.");
    o->leaves = 0;
}

static void train(oracle *o)
{
    training t = {.o = o, .kind = oracle_text(o, "model"), .steps = oracle_int(o, "steps")};
    t.accumulate = (int)oracle_number_or(o, "accumulate", 1);
    t.smoothing = (qp_real)oracle_number_or(o, "label_smoothing", 0);
    for (t.row = oracle_training_blocks; t.row->kind && strcmp(t.row->kind, t.kind) != 0;) t.row++;
    if (!t.row->kind)
        for (t.row = rows; t.row->kind && strcmp(t.row->kind, t.kind) != 0;) t.row++;
    t.row->make(&t);
    size_t steps = (size_t)t.steps;
    t.loss = oracle_memory(o, steps * sizeof *t.loss);
    t.norm = oracle_memory(o, steps * sizeof *t.norm);
    t.rate = oracle_memory(o, steps * sizeof *t.rate);
    t.bytes = qp_params_size(o->params) * sizeof *t.last;
    t.last = oracle_memory(o, t.bytes);
    qp_status status = run(&t);
    if (t.row->free) t.row->free(&t);
    if (status != QP_OK) oracle_stop(o, "%s", qp_error_message());
    qp_tape_begin(o->tape, QP_TRAIN, 1);
    compare(&t);
}

const oracle_row oracle_rows_training[] = {{"training", train}, {0}};
