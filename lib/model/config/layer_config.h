#ifndef QP_LAYER_CONFIG_H
#define QP_LAYER_CONFIG_H

#include "lib/model/config/model_config.h"
#include "lib/nn/embedding.h"
#include "lib/nn/position.h"
#include "lib/nn/recurrent.h"
#include "lib/nn/transformer.h"

/* layer_config — what a model's configuration says about its modules. */

/* qp_model_recurrent_config — recurrent layers of `kind`, one of QP_KIND_RNN ..; input: width of what the first one
 *   reads.
 * qp_model_transformer_config — layers of a stack of `kind`, transformer or mamba, without attention to a source.
 * qp_model_position_config — positions inside their self-attention. */
qp_recurrent_config qp_model_recurrent_config(const qp_model_config *config, int64_t kind, int input, int layers,
                                              bool bidirectional);
qp_transformer_config qp_model_transformer_config(const qp_model_config *config, int64_t kind);
qp_position_config qp_model_position_config(const qp_model_config *config, bool both_ways);

/* qp_model_embedding_config — an embedding of words or numbers without positions.
 * qp_model_position_kind — the positions that --pos adds to an embedding. */
qp_embedding_config qp_model_embedding_config(const qp_model_config *config);
qp_position_kind qp_model_position_kind(const qp_model_config *config);

#endif
