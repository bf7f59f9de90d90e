#ifndef QP_MODEL_CONFIG_JSON_H
#define QP_MODEL_CONFIG_JSON_H

#include "lib/model/config/model_config.h"

/* model_config_json — a configuration as a model file carries it: a JSON object of strings, one per field.
 *
 * qp_model_config_to_json   — *json, which the caller frees.   Errors  QP_EMEMORY.
 * qp_model_config_from_json — fields that the text does not have get their defaults; `path` is for messages.
 *   Errors  QP_EDATA: not such an object, an unknown key, a value out of range; QP_EMEMORY. */
qp_status qp_model_config_to_json(const qp_model_config *config, char **json);
qp_status qp_model_config_from_json(const char *path, const char *text, qp_model_config *config);

#endif
