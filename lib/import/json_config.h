#ifndef QP_JSON_CONFIG_H
#define QP_JSON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/status.h"

/* json_config — reads the values of a config.json whose keys differ from architecture to architecture. The first wrong
 * value is remembered in `status`, with its message; later reads return their fallbacks. Keys: several names of one
 * value have '|' between them, the first that is there and not null counts. Sections: "rope_scaling.factor",
 * unless that is a key itself. */
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
 *   whole  from low to high; real  finite;  flag  true or false;  text  borrowed
 *   need   an integer that must be there
 * qp_json_config_has — whether there is such a value.
 * qp_json_config_find — it, or NULL. */
int64_t qp_json_config_whole(qp_json_config *c, const char *keys, int64_t low, int64_t high, int64_t fallback);
int64_t qp_json_config_need(qp_json_config *c, const char *keys, int64_t low, int64_t high);
double qp_json_config_real(qp_json_config *c, const char *keys, double fallback);
bool qp_json_config_flag(qp_json_config *c, const char *keys, bool fallback);
const char *qp_json_config_text(qp_json_config *c, const char *keys, const char *fallback);
bool qp_json_config_has(const qp_json_config *c, const char *keys);
const json_t *qp_json_config_find(const qp_json_config *c, const char *keys);

/* qp_json_config_refuse — the value of `key` changes what the model computes and cannot be read: remembers so.
 * qp_json_config_same_flag, same_text — refuses unless absent or equal to what is supported. */
void qp_json_config_refuse(qp_json_config *c, const char *key, const char *why);
void qp_json_config_same_flag(qp_json_config *c, const char *keys, bool supported, bool fallback);
void qp_json_config_same_text(qp_json_config *c, const char *keys, const char *supported);

#endif
