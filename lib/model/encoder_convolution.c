#include <stdio.h>
#include <stdlib.h>

#include "lib/grad/op_dropout.h"
#include "lib/grad/op_glu.h"
#include "lib/grad/op_sequence.h"
#include "lib/model/config/layer_config.h"
#include "lib/model/encoder.h"
#include "lib/nn/convolution.h"
#include "lib/nn/highway.h"
#include "lib/nn/norm.h"

/* encoder_convolution — layers x + dropout(GLU(convolution(N(x)))), the dilation growing from layer to layer, a norm
 * after the last; with --highway a gate around each layer instead of x + (nn/highway.h); the summary is the mean of the
 * memory. Source  Gehring et al. 2017; dilation: Kalchbrenner et al. 2016. */
typedef struct {
    qp_norm norm;
    qp_convolution_module convolution;
    qp_highway_gate gate;
} convolution_layer;

typedef struct {
    qp_embedding_module embedding;
    convolution_layer *layer;
    int layers;
    qp_norm last;
    bool highway;
    qp_real dropout;
} convolution_encoder;

/* Dilations beyond the longest sequence would read padding alone. */
static int dilation_of(const qp_model_config *c, int layer)
{
    int64_t dilation = 1;
    for (int i = 0; i < layer && dilation * c->dilation <= c->max_length; i++) dilation *= c->dilation;
    return (int)dilation;
}

static void add_layers(convolution_encoder *e, qp_params *params, const qp_model_config *c)
{
    int width = (int)c->emb_size;
    qp_norm_kind kind = (qp_norm_kind)c->norm_type;
    for (int i = 0; i < e->layers; i++) {
        char name[64];
        const qp_convolution_config layer = {.in = width,
                                             .out = 2 * width,
                                             .size = (int)c->kernel_size,
                                             .dilation = dilation_of(c, i),
                                             .separable = c->separable != 0,
                                             .weight = qp_model_weight_init(c, 0)};
        snprintf(name, sizeof name, "encoder.layers.%d.convolution", i);
        e->layer[i].convolution = qp_convolution_add(params, &layer, name);
        snprintf(name, sizeof name, "encoder.layers.%d.norm", i);
        e->layer[i].norm = qp_norm_add(params, width, kind, c->norm_epsilon, name);
        snprintf(name, sizeof name, "encoder.layers.%d.highway", i);
        if (e->highway) e->layer[i].gate = qp_highway_gate_add(params, width, qp_model_weight_init(c, 0), name);
    }
    e->last = qp_norm_add(params, width, kind, c->norm_epsilon, "encoder.norm");
}

static qp_status init(qp_encoder *encoder, qp_params *params, const qp_model_config *config, int embedding)
{
    convolution_encoder *e = encoder->self = calloc(1, sizeof *e);
    if (e) e->layer = calloc((size_t)config->enc_layers + 1, sizeof *e->layer);
    if (!e || !e->layer) return qp_fail(QP_EMEMORY, "out of memory for an encoder");
    e->layers = (int)config->enc_layers;
    e->dropout = (qp_real)config->dropout;
    e->highway = config->highway != 0;
    encoder->output_width = encoder->summary_width = (int)config->emb_size;
    qp_embedding_config embed = qp_model_embedding_config(config);
    embed.position_kind = qp_model_position_kind(config);
    QP_TRY(qp_embedding_init(&e->embedding, params, &embed, embedding, "encoder"));
    add_layers(e, params, config);
    return QP_OK;
}

static void free_layers(qp_encoder *encoder)
{
    convolution_encoder *e = encoder->self;
    qp_embedding_free(&e->embedding);
    free(e->layer);
    free(e);
}

static void forward(const qp_encoder *encoder, qp_tape *tape, const qp_encoder_input *input, bool summary,
                    qp_model_maps *maps, qp_encoded *encoded)
{
    const convolution_encoder *e = encoder->self;
    const qp_params *params = encoder->params;
    qp_sequences s = input->sequences;
    (void)maps;
    qp_tensor x = qp_encoder_embed(encoder, tape, &e->embedding, input);
    for (int i = 0; i < e->layers; i++) {
        qp_tensor z = qp_norm_forward(&e->layer[i].norm, tape, params, x);
        z = qp_convolution_forward(&e->layer[i].convolution, tape, params, s, z);
        z = qp_glu(tape, z, QP_SIGMOID);
        if (e->highway)
            x = qp_highway_gate_forward(&e->layer[i].gate, tape, params, x, qp_dropout(tape, z, e->dropout));
        else
            x = qp_residual(tape, x, z, e->dropout);
    }
    encoded->output = qp_norm_forward(&e->last, tape, params, x);
    if (summary) encoded->summary = qp_sequence_mean(tape, encoded->output, s);
}

const qp_encoder_kind qp_encoder_convolution = {.init = init, .free = free_layers, .forward = forward};
