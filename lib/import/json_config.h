#ifndef QP_JSON_CONFIG_H
#define QP_JSON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/status.h"

/* json_config — reads the values of a config.json whose keys differ from architecture to architecture. The first wrong
 * value is remembered in `status`, with its message; later reads return their fallbacks. A key
 * may be several names separated by '|': the first that is present and not null is used. "rope_scaling.factor" is the
 * key factor of the object rope_scaling, unless a key has that whole name. */
typedef struct {
    const char *place; /* the file, for messages */
    json_t *root;
    qp_status status;
} qp_json_config;

/* qp_json_config_open — reads `path`, an object; qp_json_config_close frees it.
 * qp_json_config_parse — the same of a text in memory; place is borrowed.
 * Errors  QP_ENOINPUT, QP_EDATA, QP_EMEMORY. */
qp_status qp_json_config_open(const char *path, qp_json_config *config);
qp_status qp_json_config_parse(const char *place, const char *text, size_t bytes, qp_json_config *config);
void qp_json_config_close(qp_json_config *config);

/* A value, or the fallback where it is absent or null.
 *   whole  an integer from low to high;  real  a finite number;  flag  true or false;  text  borrowed
 *   need   an integer that must be present
 * qp_json_config_has — whether the value is present.
 * qp_json_config_find — the value, or NULL. */
int64_t qp_json_config_whole(qp_json_config *c, const char *keys, int64_t low, int64_t high, int64_t fallback);
int64_t qp_json_config_need(qp_json_config *c, const char *keys, int64_t low, int64_t high);
double qp_json_config_real(qp_json_config *c, const char *keys, double fallback);
bool qp_json_config_flag(qp_json_config *c, const char *keys, bool fallback);
const char *qp_json_config_text(qp_json_config *c, const char *keys, const char *fallback);
bool qp_json_config_has(const qp_json_config *c, const char *keys);
const json_t *qp_json_config_find(const qp_json_config *c, const char *keys);

/* qp_json_config_refuse — records the error that the value of `key` changes what the model computes and cannot be read.
 * qp_json_config_same_flag, same_text — refuses unless absent or equal to what is supported. */
void qp_json_config_refuse(qp_json_config *c, const char *key, const char *why);
void qp_json_config_same_flag(qp_json_config *c, const char *keys, bool supported, bool fallback);
void qp_json_config_same_text(qp_json_config *c, const char *keys, const char *supported);

#endif
