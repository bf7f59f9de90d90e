#ifndef QP_MODEL_CONFIG_INTERNAL_H
#define QP_MODEL_CONFIG_INTERNAL_H

#include "lib/model/config/model_config.h"

/* qp_model_check_layers — the part of qp_model_config_check about layers: sizes of heads, patterns, experts, highway
 *   connections, what a decoder reads of its source.    Errors  QP_EUSAGE */
qp_status qp_model_check_layers(const qp_model_config *config);

#endif
