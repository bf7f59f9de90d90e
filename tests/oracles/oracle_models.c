#include "lib/grad/op_basic.h"
#include "tests/oracles/oracle_model.h"

/* Whole models over token ids: scores, and the loss if the case has one. */

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

/* The scores get no upstream gradient; the loss recomputes them. */
static void loss(oracle *o, const char *kind)
{
    logits(o, kind);
    oracle_batch b = oracle_model_batch(o, kind, "in.", 0);
    qp_tensor sum = qp_model_loss(o->model, o->tape, &b.batch, (qp_real)oracle_number(o, "label_smoothing"));
    oracle_output(o, "loss", qp_scale(o->tape, sum, 1 / (qp_real)b.target.rows), NULL);
}

static void translator(oracle *o) { loss(o, "translator"); }

static void gpt2(oracle *o) { logits(o, "gpt"); }

static void llama(oracle *o) { logits(o, "llama"); }

/* The decoder's attention: here blocks [Tq, Tk], one per sequence; in the file [batch, T, S]. */
static void seq2seq(oracle *o)
{
    const qp_model *model = oracle_model_make(o, "gru_seq2seq", "param.");
    oracle_batch b = oracle_model_batch(o, "gru_seq2seq", "in.", 0);
    qp_model_maps *maps = oracle_memory(o, sizeof *maps);
    qp_tensor scores = qp_model_logits(model, o->tape, &b.batch, maps);
    oracle_output(o, "logits", scores, logits_map(o, model, &b));
    if (maps->count != 1) oracle_stop(o, "%d maps", maps->count);
    qp_tensor weights = maps->entry[0].map.weights;
    int32_t *place = oracle_memory(o, (size_t)weights.rows * sizeof *place), *next = place;
    for (int i = 0; i < b.target.batch; i++)
        for (int q = b.target.start[i]; q < b.target.start[i + 1]; q++)
            for (int k = b.source.start[i]; k < b.source.start[i + 1]; k++)
                *next++ = b.target.row[q] * b.source.time + b.source.row[k] % b.source.time;
    oracle_output(o, "attention", weights, place);
    qp_tensor sum = qp_model_loss(o->model, o->tape, &b.batch, (qp_real)oracle_number(o, "label_smoothing"));
    oracle_output(o, "loss", qp_scale(o->tape, sum, 1 / (qp_real)b.target.rows), NULL);
}

const oracle_row oracle_rows_models[] = {{"seq2seq_gru", seq2seq},
                                         {"llama_model", llama},
                                         {"transformer_translator", translator},
                                         {"gpt2_model", gpt2},
                                         {0}};
