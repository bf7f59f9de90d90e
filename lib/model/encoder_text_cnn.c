#include <stdio.h>
#include <stdlib.h>

#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_join.h"
#include "lib/grad/op_pool.h"
#include "lib/model/config/layer_config.h"
#include "lib/model/encoder.h"
#include "lib/nn/convolution.h"
#include "lib/nn/highway.h"

/* encoder_text_cnn — convolutions of three widths side by side, as detectors of phrases
 *   m = dropout([f(conv_k x) | f(conv_k+1 x) | f(conv_k+2 x)]),  k = --kernel-size, f = --activation
 * each of --hidden-size filters; x embedded tokens without positions; the summary is the largest answer of every
 * filter.
 * With --highway a highway layer follows (nn/highway.h).     Source  Kim 2014; Kim et al. 2016. */
enum { WIDTHS = QP_TEXT_CNN_WIDTHS };

typedef struct {
    qp_embedding_module embedding;
    qp_convolution_module convolution[WIDTHS];
    qp_highway highway; /* of no layers, or one */
    qp_activation_kind activation;
    qp_real dropout;
} text_cnn;

static qp_status init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    text_cnn *e = encoder->self = calloc(1, sizeof *e);
    if (!e) return qp_fail(QP_EMEMORY, "out of memory for an encoder");
    e->activation = (qp_activation_kind)config->activation;
    e->dropout = (qp_real)config->dropout;
    encoder->output_width = encoder->summary_width = WIDTHS * qp_model_hidden_size(config);
    for (int i = 0; i < WIDTHS; i++) {
        char name[40];
        const qp_convolution_config one = {.in = (int)config->emb_size,
                                           .out = qp_model_hidden_size(config),
                                           .size = (int)config->kernel_size + i,
                                           .dilation = (int)config->dilation,
                                           .separable = config->separable != 0,
                                           .weight = qp_model_weight_init(config, 0)};
        snprintf(name, sizeof name, "encoder.convolutions.%d", i);
        e->convolution[i] = qp_convolution_add(params, &one, name);
    }
    const qp_highway_config highway = {.width = encoder->output_width,
                                       .layers = config->highway != 0,
                                       .activation = e->activation,
                                       .weight = qp_model_weight_init(config, 0)};
    e->highway = qp_highway_add(params, &highway, "encoder.highway");
    qp_embedding_config embed = qp_model_embedding_config(config);
    QP_TRY(qp_embedding_init(&e->embedding, params, &embed, embedding, ""));
    return QP_OK;
}

static void free_layers(qp_encoder *encoder)
{
    text_cnn *e = encoder->self;
    qp_embedding_free(&e->embedding);
    free(e);
}

static void forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded)
{
    const text_cnn *e = encoder->self;
    qp_tensor x = qp_encoder_embed(encoder, tape, &e->embedding, input), part[WIDTHS];
    (void)maps;
    for (int i = 0; i < WIDTHS; i++)
        part[i] = qp_activation(tape,
                                qp_convolution_forward(&e->convolution[i], tape, encoder->params, input->sequences, x),
                                e->activation, qp_activation_slope(e->activation));
    if (qp_tape_failed(tape)) return;
    qp_tensor filters = qp_join_columns(tape, WIDTHS, part);
    filters = qp_highway_forward(&e->highway, tape, encoder->params, filters);
    encoded->output = qp_dropout(tape, filters, e->dropout);
    if (summary) encoded->summary = qp_pool_sequence(tape, encoded->output, input->sequences, QP_POOL_MAX);
}

const qp_encoder_kind qp_encoder_text_cnn = {.init = init, .free = free_layers, .forward = forward};
