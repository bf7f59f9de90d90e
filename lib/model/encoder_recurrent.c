#include <stdlib.h>

#include "lib/grad/op_join.h"
#include "lib/model/config/layer_config.h"
#include "lib/model/encoder.h"

/* encoder_recurrent — rnn, lstm, gru and every other cell, in one direction or both; its memory are the outputs of
 * the top layer, its summary that layer's final hidden state, [forward | backward]. */
typedef struct {
    qp_embedding_module embedding;
    qp_recurrent_module layers;
} recurrent_encoder;

static qp_status init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    recurrent_encoder *e = encoder->self = calloc(1, sizeof *e);
    if (!e) return qp_fail(QP_EMEMORY, "out of memory for an encoder");
    qp_embedding_config embed = qp_model_embedding_config(config);
    QP_TRY(qp_embedding_init(&e->embedding, params, &embed, embedding, ""));
    qp_recurrent_config layers = qp_model_recurrent_config(config, config->encoder, (int)config->emb_size,
                                                           (int)config->enc_layers, config->bidirectional != 0);
    layers.highway = config->highway != 0;
    QP_TRY(qp_recurrent_init(&e->layers, params, &layers, "encoder"));
    encoder->output_width = e->layers.width;
    encoder->has_states = true;
    encoder->summary_width = e->layers.directions * e->layers.out;
    return QP_OK;
}

static void free_layers(qp_encoder *encoder)
{
    recurrent_encoder *e = encoder->self;
    qp_embedding_free(&e->embedding);
    qp_recurrent_free(&e->layers);
    free(e);
}

static void forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded)
{
    const recurrent_encoder *e = encoder->self;
    const qp_recurrent_module *layers = &e->layers;
    (void)maps;
    qp_carry *final = qp_tape_memory(tape, (size_t)layers->slots * sizeof *final);
    qp_tensor x = qp_encoder_embed(encoder, tape, &e->embedding, input);
    qp_recurrent_pass pass = {.tape = tape, .params = encoder->params, .sequences = input->sequences, .last = final};
    encoded->output = qp_recurrent_forward(layers, &pass, x);
    if (qp_tape_failed(tape) || !summary) return;
    encoded->final = final;
    qp_tensor top[2];
    for (int d = 0; d < layers->directions; d++) top[d] = final[layers->slots - layers->directions + d].hidden;
    encoded->summary = qp_join_columns(tape, layers->directions, top);
}

const qp_encoder_kind qp_encoder_recurrent = {.init = init, .free = free_layers, .forward = forward};
