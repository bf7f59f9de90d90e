#ifndef QP_MODEL_INTERNAL_H
#define QP_MODEL_INTERNAL_H

#include "lib/model/bottleneck.h"
#include "lib/model/decoder.h"
#include "lib/model/encoder.h"
#include "lib/model/head.h"
#include "lib/model/model.h"

struct qp_model {
    qp_model_config config;
    qp_params *params;
    qp_special_ids source_special, target_special;
    bool has_encoder, has_decoder, has_bottleneck, has_class_token;
    qp_encoder encoder;
    qp_bottleneck bottleneck;
    qp_decoder decoder;
    int map, output, output_bias; /* logits = x map' output' + output_bias, x the decoder's; map -1: none */
    qp_head head;                 /* where there is no decoder */
    qp_real *class_weight;        /* [labels] of the training loss, or NULL */
    qp_target_sets sets;          /* of --multi-label, borrowed */
    qp_distillation distillation;
    bool reads_codes; /* of an autoencoder: sources are codes, not tokens */
};

/* qp_model_encode — what the decoder or the head reads of the sources, with the class token before each source and the
 *   bottleneck after the encoder where the model has them.
 *   batch  NULL while decoding; else its noise is the draw of a variational bottleneck
 *   Returns false, and *encoded is not to be read, if the tape has failed. */
bool qp_model_encode(const qp_model *model, qp_tape *tape, qp_encoder_input input, const qp_batch *batch,
                     qp_model_maps *maps, qp_encoded *encoded);

/* qp_model_output — scores of the vocabulary from the decoder's vectors x [rows, width]: x map' output' + output_bias,
 *   capped by --output-softcap -> [rows, target vocabulary]. Of n-grams x itself. */
qp_tensor qp_model_output(const qp_model *model, qp_tape *tape, qp_tensor x, qp_model_maps *maps);

#endif
