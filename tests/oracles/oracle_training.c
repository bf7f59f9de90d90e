#include <string.h>

#include "tests/oracles/oracle_learning.h"
#include "tests/oracles/oracle_model.h"

/* Whole trainings: loss, gradient norm and rate of every step, and the weights at the end. */

static void configure(oracle *o, qp_optimizer_config *config)
{
    oracle_optimizer_config(o, config);
    if (!oracle_is(o, "optimizer", "sgd") || oracle_number_or(o, "momentum", 0) == 0) return;
    config->optimizer = oracle_flag_or(o, "nesterov", false) ? QP_NESTEROV : QP_MOMENTUM;
}

static qp_optimizer *optimizer_of(oracle *o)
{
    bool matrices_only = oracle_flag(o, "decay_matrices_only");
    int count = qp_params_count(o->params);
    qp_optimizer_span *span = oracle_memory(o, (size_t)count * sizeof *span);
    for (int i = 0; i < count; i++) {
        const qp_parameter *p = qp_params_at(o->params, i);
        span[i] =
            (qp_optimizer_span){.offset = p->offset, .rows = p->rows, .columns = p->columns, .matrix = p->rows > 1};
        span[i].decay = !matrices_only || p->decay;
    }
    qp_optimizer_config config;
    qp_optimizer *made;
    configure(o, &config);
    if (qp_optimizer_new(&config, qp_params_size(o->params), span, count, &made) != QP_OK)
        oracle_stop(o, "%s", qp_error_message());
    return made;
}

/* One step: the mean loss of the batch, and its gradients in the case's block. */
static qp_real backward(oracle *o, const qp_batch *batch)
{
    int tokens = batch->target.sequences.start[batch->target.sequences.count];
    qp_tape_begin(o->tape, QP_TRAIN, 1);
    qp_gradient_begin(&o->gradient, o->params);
    qp_tape_bind(o->tape, o->gradient.node);
    qp_tensor loss = qp_model_loss(o->model, o->tape, batch, (qp_real)oracle_number_or(o, "label_smoothing", 0));
    qp_real value = qp_tape_failed(o->tape) ? 0 : loss.value[0] / (qp_real)tokens;
    if (qp_tape_backward(o->tape, loss, 1 / (qp_real)tokens) != QP_OK) oracle_stop(o, "%s", qp_tape_message(o->tape));
    qp_gradient_finish(&o->gradient, o->params);
    return value;
}

static void training(oracle *o)
{
    const char *kind = oracle_text(o, "model");
    int steps = oracle_int(o, "steps");
    oracle_model_make(o, kind, "init.");
    qp_optimizer *optimizer = optimizer_of(o);
    qp_schedule_config schedule;
    oracle_schedule_config(o, "schedule", &schedule);
    qp_real *loss = oracle_memory(o, (size_t)steps * sizeof *loss),
            *norm = oracle_memory(o, (size_t)steps * sizeof *norm),
            *rate = oracle_memory(o, (size_t)steps * sizeof *rate);
    qp_status status = QP_OK;
    for (int i = 0; i < steps && status == QP_OK; i++) {
        oracle_batch b = oracle_model_batch(o, kind, "batch.", i);
        const qp_real *block[1] = {o->gradient.block};
        double lr = qp_schedule_rate(&schedule, NULL, i), length;
        loss[i] = backward(o, &b.batch);
        status = qp_optimizer_step(optimizer, qp_params_block(o->params), block, 1, 1, lr, 1, &length);
        norm[i] = (qp_real)length;
        rate[i] = (qp_real)lr;
    }
    qp_optimizer_free(optimizer);
    if (status != QP_OK) oracle_stop(o, "%s", qp_error_message());
    qp_tape_begin(o->tape, QP_TRAIN, 1);
    oracle_compare(o, "loss", (size_t)steps, loss);
    oracle_compare(o, "grad_norm", (size_t)steps, norm);
    oracle_compare(o, "lr", (size_t)steps, rate);
    oracle_compare_weights(o, "final.");
}

const oracle_row oracle_rows_training[] = {{"training", training}, {0}};
