#ifndef QP_BOTTLENECK_H
#define QP_BOTTLENECK_H

#include "lib/model/pooling.h"
#include "lib/nn/codebook.h"

/* bottleneck — the single vector that the decoder of an autoencoder gets of a source:  c = W p + b,  p the pooled
 * encoder output. The decoder sees it as an encoder output of one row and as the summary. Variational: c is the mean
 * of a normal distribution with log variance  v = W_v p + b_v, from which training draws the vector.
 * With --codebook c becomes codes (nn/codebook.h), and what the decoder gets are their vectors.
 * Parameters  bottleneck.weight [width, pooled width], bottleneck.bias [1, width], bottleneck.log_var.weight and .bias
 *             of the same sizes, bottleneck.codebook, and those of the pooling
 * Source      Bowman et al. 2016. */
typedef struct {
    qp_pooling pooling;
    qp_encoder as_encoder; /* what the decoder is built for: only the widths are filled in */
    int weight, bias;
    bool variational;
    int spread, spread_bias; /* of the log variance */
    bool coded;
    qp_codebook codebook;
} qp_bottleneck;

/* qp_bottleneck_add — after `encoder`, of width config->bottleneck or emb_size.
 * qp_bottleneck_forward — encoder output -> one row a source.   Errors  remembered by the tape.
 *   noise  [sources, columns] normal numbers for training, or NULL: drawn by the tape's key
 * qp_bottleneck_code — vectors code [sources, width] as a decoder sees them. */
qp_bottleneck qp_bottleneck_add(qp_params *params, const qp_model_config *config, const qp_encoder *encoder);
qp_encoded qp_bottleneck_forward(const qp_bottleneck *bottleneck, qp_tape *tape, const qp_encoded *encoded,
                                 const qp_real *noise, int columns, qp_model_maps *maps);
qp_encoded qp_bottleneck_code(qp_tape *tape, qp_tensor code);

#endif
