#ifndef QP_BOTTLENECK_H
#define QP_BOTTLENECK_H

#include "lib/model/pooling.h"

/* bottleneck — all that the decoder of an autoencoder learns about a source: one vector  c = W p + b,  p its pooled
 * states. To the decoder it is a memory of one row, and the summary. Variational: that is the mean of a normal
 * distribution of log variance  v = W_v p + b_v, from which training draws the vector.    Source  Bowman et al. 2016
 * Parameters bottleneck.weight [width, pooled width], bottleneck.bias [1, width], bottleneck.log_var.weight and .bias
 * of the same sizes, those of the pooling. */
typedef struct {
    qp_pooling pooling;
    qp_encoder seen; /* the encoder as a decoder sees it: widths alone */
    int weight, bias;
    bool variational;
    int spread, spread_bias; /* of the log variance */
} qp_bottleneck;

/* qp_bottleneck_add — after `encoder`, of width config->bottleneck or emb_size.
 * qp_bottleneck_forward — what the encoder made -> one row a source.   Errors  remembered by the tape.
 *   noise  [sources, width] what training draws, or NULL: by the tape's key; columns: of it
 * qp_bottleneck_code — the vectors code [sources, width] as a decoder sees them. */
qp_bottleneck qp_bottleneck_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder);
qp_encoded qp_bottleneck_forward(const qp_bottleneck *bottleneck, qp_tape *tape, const qp_encoded *encoded,
                                 const qp_real *noise, int columns, qp_model_maps *maps);
qp_encoded qp_bottleneck_code(qp_tape *tape, qp_tensor code);

#endif
