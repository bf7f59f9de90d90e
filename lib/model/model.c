#include "lib/model/model.h"

#include <stdlib.h>

#include "lib/grad/op_linear.h"
#include "lib/grad/op_loss.h"
#include "lib/model/decoder.h"
#include "lib/model/decoder_ngram.h"
#include "lib/model/encoder.h"
#include "lib/nn/embedding.h"

struct qp_model {
    qp_model_config config;
    qp_params *params;
    bool has_encoder;
    qp_encoder encoder;
    qp_decoder decoder;
    int output, output_bias;      /* logits = x output' + output_bias */
};

/* ---- building ---- */

static qp_status build_decoder(qp_model *model, int source_embedding)
{
    const qp_model_config *c = &model->config;
    int width = (int)c->emb_size, vocabulary = (int)c->tgt_vocab_size;
    int embedding = source_embedding;
    model->output = model->output_bias = -1;
    if (c->decoder == QP_KIND_NGRAM) return qp_decoder_init(&model->decoder, model->params, c, -1, &model->encoder);
    if (!c->tied_embeddings_all || !model->has_encoder)
        embedding = qp_embedding_add_weight(model->params, vocabulary, width, c->scale_embeddings != 0, "tgt_embed");
    QP_TRY(qp_decoder_init(&model->decoder, model->params, c, embedding, &model->encoder));
    model->output = embedding;
    if (c->tied_embeddings || c->tied_embeddings_all) return QP_OK;
    model->output = qp_params_add(model->params, vocabulary, model->decoder.width, (qp_init){QP_INIT_XAVIER_UNIFORM, c->init_gain},
                                  "generator.weight");
    if (c->bias)
        model->output_bias = qp_params_add(model->params, 1, vocabulary, (qp_init){QP_INIT_CONSTANT, 0}, "generator.bias");
    return QP_OK;
}

static qp_status build(qp_model *model)
{
    const qp_model_config *c = &model->config;
    int embedding = -1;
    model->has_encoder = c->encoder != QP_KIND_NONE;
    if (model->has_encoder) {
        embedding = qp_embedding_add_weight(model->params, (int)c->src_vocab_size, (int)c->emb_size,
                                            c->scale_embeddings != 0, c->tied_embeddings_all ? "embed" : "src_embed");
    }
    QP_TRY(qp_encoder_init(&model->encoder, model->params, c, embedding));
    QP_TRY(build_decoder(model, embedding));
    return qp_params_finish(model->params);
}

qp_status qp_model_new_blank(const qp_model_config *config, qp_model **model)
{
    *model = NULL;
    QP_TRY(qp_model_config_check(config));
    if (config->decoder == QP_KIND_NONE) return qp_fail(QP_EUSAGE, "--task: only translate and lm can be built yet");
    if (config->tgt_vocab_size < 1 || (config->encoder != QP_KIND_NONE && config->src_vocab_size < 1))
        return qp_fail(QP_EUSAGE, "a model needs the sizes of its vocabularies; train or name a tokenizer first");
    qp_model *made = calloc(1, sizeof *made);
    if (!made || !(made->params = qp_params_new())) {
        free(made);
        return qp_fail(QP_EMEMORY, "out of memory for a model");
    }
    made->config = *config;
    qp_status status = build(made);
    if (status != QP_OK) {
        qp_model_free(made);
        return status;
    }
    *model = made;
    return QP_OK;
}

qp_status qp_model_new(const qp_model_config *config, uint64_t seed, qp_model **model)
{
    QP_TRY(qp_model_new_blank(config, model));
    qp_params_initialise((*model)->params, seed);
    return QP_OK;
}

void qp_model_free(qp_model *model)
{
    if (!model) return;
    qp_encoder_free(&model->encoder);
    qp_decoder_free(&model->decoder);
    qp_params_free(model->params);
    free(model);
}

const qp_model_config *qp_model_config_of(const qp_model *model) { return &model->config; }

qp_params *qp_model_params(const qp_model *model) { return model->params; }

qp_status qp_model_ngram_set(qp_model *model, qp_ngram *ngram, const int32_t *word)
{
    return qp_decoder_ngram_set(&model->decoder, ngram, word);
}

const qp_ngram *qp_model_ngram(const qp_model *model, const int32_t **word)
{
    return model->config.decoder == QP_KIND_NGRAM ? qp_decoder_ngram_get(&model->decoder, word) : NULL;
}

/* ---- whole sequences ---- */

static int rows_of(qp_sequences s) { return s.count > 0 ? s.start[s.count] : 0; }

int32_t qp_model_first_token(const qp_model *model) { return model->config.lm_window ? QP_EOS : QP_BOS; }

/* The decoder reads its first token and all of the target but the last. */
static const int32_t *shift_right(qp_tape *tape, qp_ids target, int32_t first_token)
{
    int32_t *input = qp_tape_memory(tape, (size_t)rows_of(target.sequences) * sizeof *input);
    if (!input) return NULL;
    for (int i = 0; i < target.sequences.count; i++) {
        int first = target.sequences.start[i], length = qp_sequence_length(target.sequences, i);
        for (int j = 0; j < length; j++) input[first + j] = j == 0 ? first_token : target.id[first + j - 1];
    }
    return input;
}

static qp_tensor head(const qp_model *model, qp_tape *tape, qp_tensor x)
{
    if (model->output < 0) return x;    /* n-grams: the decoder's own probabilities */
    return qp_linear(tape, x, qp_param(tape, model->params, model->output),
                     qp_param(tape, model->params, model->output_bias));
}

qp_tensor qp_model_logits(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_model_maps *maps)
{
    if (maps) maps->count = 0;
    qp_encoded encoded, *source = NULL;
    if (model->has_encoder) {
        if (batch->source.sequences.count != batch->target.sequences.count)
            return qp_tape_fail(tape, QP_ESHAPE, "a batch of %d sources and %d targets", batch->source.sequences.count,
                                batch->target.sequences.count);
        encoded = qp_encoder_forward(&model->encoder, tape, batch->source, model->decoder.wants_summary, maps);
        source = &encoded;
    }
    qp_ids input = {.sequences = batch->target.sequences, .id = batch->input ? batch->input : shift_right(tape, batch->target, qp_model_first_token(model))};
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    return head(model, tape, qp_decoder_forward(&model->decoder, tape, source, input, maps));
}

qp_tensor qp_model_loss(const qp_model *model, qp_tape *tape, const qp_batch *batch, qp_real smoothing)
{
    qp_cross_entropy_config config = {.reduction = QP_SUM, .smoothing = smoothing};
    return qp_cross_entropy(tape, qp_model_logits(model, tape, batch, NULL), batch->target.id, &config);
}

/* ---- one token at a time ---- */

qp_status qp_model_start(const qp_model *model, qp_tape *tape, qp_ids source, qp_state **state)
{
    *state = NULL;
    if (!model->has_encoder) return qp_decoder_start(&model->decoder, tape, NULL, source.sequences, state);
    qp_encoded encoded = qp_encoder_forward(&model->encoder, tape, source, model->decoder.wants_summary, NULL);
    QP_TRY(qp_tape_status(tape));
    return qp_decoder_start(&model->decoder, tape, &encoded, source.sequences, state);
}

qp_tensor qp_model_step(const qp_model *model, qp_tape *tape, const int32_t *last_id, qp_state *state)
{
    return head(model, tape, qp_decoder_step(&model->decoder, tape, last_id, state));
}
