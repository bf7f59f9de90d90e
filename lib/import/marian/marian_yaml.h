#ifndef QP_MARIAN_YAML_H
#define QP_MARIAN_YAML_H

#include "lib/import/json_config.h"

/* marian_yaml — a YAML mapping, such as the options of a Marian model, as a configuration of json_config.h. Plain true,
 * false, null, ~ and whole numbers keep their types; every other scalar is a string. Anchors are refused.
 *
 * qp_marian_yaml — place: the file, for messages; borrowed. qp_json_config_close frees the configuration.
 * Errors  QP_EDATA: not such a text, nested more than 16 deep, or a key twice; QP_EMEMORY. */
qp_status qp_marian_yaml(const char *place, const char *text, size_t bytes, qp_json_config *config);

#endif
