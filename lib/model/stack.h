#ifndef QP_STACK_H
#define QP_STACK_H

#include "lib/model/config/model_config.h"
#include "lib/model/maps.h"
#include "lib/nn/embedding.h"
#include "lib/nn/position.h"
#include "lib/nn/transformer.h"

/* stack — the common part of encoders and decoders that are transformers or Mamba: embedding, layers, final norm. */
typedef struct {
    qp_embedding_module embedding;
    qp_position position;        /* inside self-attention */
    qp_transformer_layer *layer; /* [layers]; several may use the same parameters */
    int layers;
    double layer_drop; /* in training a step leaves each layer out with this probability (LayerDrop: Fan et
                                        al. 2020); all are there, as they are, afterwards */
    bool has_norm;
    qp_norm norm;
    qp_map_kind self_kind; /* of its self-attention maps */
} qp_stack;

/* What a pass through a stack records of its attention; NULL: nothing. */
typedef struct {
    qp_model_maps *all;      /* every map */
    qp_attention_map *cross; /* the attention to the source of layer `cross_layer` */
    int cross_layer;
} qp_stack_maps;

/* qp_stack_init — add the parameters of `layers` layers under NAME.layers.I and NAME.norm; `embedding` is the index of
 * its embedding matrix; encoder_width: columns of the memory its layers read, 0: they read none. */
qp_status qp_stack_init(qp_stack *stack, qp_params *params, const qp_model_config *config, const char *name, int layers,
                        int embedding, int encoder_width, qp_map_kind self_kind);
void qp_stack_free(qp_stack *stack);

/* qp_stack_forward — ids of `rows` tokens, the first of each sequence at position `offset` -> [rows, d]. `pass` as for
 * a layer (tape, params, sequences, causal, memory, state).
 * qp_stack_layers — the same from x [rows, d], embedded. */
qp_tensor qp_stack_forward(const qp_stack *stack, qp_transformer_pass pass, int rows, const int32_t *id, int offset,
                           qp_stack_maps maps);
qp_tensor qp_stack_layers(const qp_stack *stack, qp_transformer_pass pass, qp_tensor x, int offset, qp_stack_maps maps);

#endif
