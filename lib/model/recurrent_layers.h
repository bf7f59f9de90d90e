#ifndef QP_RECURRENT_LAYERS_H
#define QP_RECURRENT_LAYERS_H

#include "lib/model/model_config.h"
#include "lib/nn/recurrent.h"

/* recurrent_layers — the layers that a model's configuration describes: cell by kind, width, options.
 *   qp_recurrent_layers  kind  one of QP_KIND_RNN ..;  input  width of what the first layer reads */
qp_recurrent_config qp_recurrent_layers(const qp_model_config *config, int64_t kind, int input, int layers,
                                        bool bidirectional);

#endif
