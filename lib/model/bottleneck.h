#ifndef QP_BOTTLENECK_H
#define QP_BOTTLENECK_H

#include "lib/model/pooling.h"

/* bottleneck — all that the decoder of an autoencoder learns about a source: one vector  c = W p + b,  p its pooled
 * states. To the decoder it is a memory of one row, and the summary.
 * Parameters bottleneck.weight [width, pooled width], bottleneck.bias [1, width], those of the pooling. */
typedef struct {
    qp_pooling pooling;
    qp_encoder seen; /* the encoder as a decoder sees it: widths alone */
    int weight, bias;
} qp_bottleneck;

/* qp_bottleneck_add — after `encoder`, of width config->bottleneck or emb_size.
 * qp_bottleneck_forward — what the encoder made -> one row a source.   Errors  remembered by the tape. */
qp_bottleneck qp_bottleneck_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder);
qp_encoded qp_bottleneck_forward(const qp_bottleneck *bottleneck, qp_tape *tape, const qp_encoded *encoded,
                                 qp_model_maps *maps);

#endif
