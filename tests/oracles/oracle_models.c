#include "lib/grad/op_basic.h"
#include "tests/oracles/oracle_model.h"

/* Whole models over token ids: their scores, and the loss where the case has one. */

static int32_t *logits_map(oracle *o, const qp_model *model, const oracle_batch *b)
{
    return oracle_rows_map(o, &b->target, (int)qp_model_config_of(model)->tgt_vocab_size);
}

static void logits(oracle *o, const char *kind)
{
    const qp_model *model = oracle_model_make(o, kind, "param.");
    oracle_batch b = oracle_model_batch(o, kind, "in.", 0);
    oracle_output(o, "logits", qp_model_logits(model, o->tape, &b.batch, NULL), logits_map(o, model, &b));
}

/* The scores have no gradient of their own; the loss makes them again. */
static void loss(oracle *o, const char *kind)
{
    logits(o, kind);
    oracle_batch b = oracle_model_batch(o, kind, "in.", 0);
    qp_tensor sum = qp_model_loss(o->model, o->tape, &b.batch, (qp_real)oracle_number(o, "label_smoothing"));
    oracle_output(o, "loss", qp_scale(o->tape, sum, 1 / (qp_real)b.target.rows), NULL);
}

static void translator(oracle *o)
{
    loss(o, "translator");
}

static void gpt2(oracle *o)
{
    logits(o, "gpt");
}

static void llama(oracle *o)
{
    logits(o, "llama");
}

const oracle_row oracle_rows_models[] = {
    {"llama_model", llama}, {"transformer_translator", translator}, {"gpt2_model", gpt2}, {0}};
