#include "lib/import/json_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/text/json_reader.h"

enum { CONFIG_LIMIT = 16777216, KEY_BYTES = 128 };

qp_status qp_json_config_parse(const char *place, const char *text, size_t bytes, qp_json_config *config)
{
    *config = (qp_json_config){.place = place};
    QP_TRY(qp_json_read(place, text, bytes, JSON_REJECT_DUPLICATES, &config->root));
    if (json_is_object(config->root)) return QP_OK;
    qp_json_config_close(config);
    return qp_fail(QP_EDATA, "%s: not an object of keys and values; fetch the file again", place);
}

qp_status qp_json_config_open(const char *path, qp_json_config *config)
{
    char *text;
    size_t bytes;
    *config = (qp_json_config){.place = path};
    QP_TRY(qp_file_read(path, CONFIG_LIMIT, &text, &bytes));
    qp_status status = qp_json_config_parse(path, text, bytes, config);
    free(text);
    return status;
}

void qp_json_config_close(qp_json_config *config)
{
    json_decref(config->root);
    config->root = NULL;
}

/* ---- finding ---- */

/* The value of "a.b", which is not null: of this key, or in the section "a". */
static const json_t *value_at(const json_t *object, const char *key, size_t length)
{
    char name[KEY_BYTES];
    if (length >= sizeof name) return NULL;
    memcpy(name, key, length);
    name[length] = '\0';
    const json_t *value = json_object_get(object, name);
    char *dot = strchr(name, '.');
    if (value || !dot) return json_is_null(value) ? NULL : value;
    *dot = '\0';
    size_t part = (size_t)(dot - name);
    return value_at(json_object_get(object, name), key + part + 1, length - part - 1);
}

const json_t *qp_json_config_find(const qp_json_config *c, const char *keys)
{
    const json_t *found = NULL;
    while (*keys && !found) {
        size_t length = strcspn(keys, "|");
        found = value_at(c->root, keys, length);
        keys += length + (keys[length] == '|');
    }
    return found;
}

bool qp_json_config_has(const qp_json_config *c, const char *keys) { return qp_json_config_find(c, keys) != NULL; }

static void wrong(qp_json_config *c, const char *keys, const char *what)
{
    if (c->status == QP_OK)
        c->status = qp_fail(QP_EDATA, "%s: %.*s: %s", c->place, (int)strcspn(keys, "|"), keys, what);
}

/* ---- values ---- */

int64_t qp_json_config_whole(qp_json_config *c, const char *keys, int64_t low, int64_t high, int64_t fallback)
{
    const json_t *value = qp_json_config_find(c, keys);
    if (!value || c->status != QP_OK) return fallback;
    double real = json_is_real(value) ? json_real_value(value) : 0; /* 3.0 is written for 3 here and there */
    int64_t found = json_is_real(value) && fabs(real) < 1e15 ? (int64_t)real : (int64_t)json_integer_value(value);
    if (json_is_integer(value) || (json_is_real(value) && (double)found == real)) {
        if (found >= low && found <= high) return found;
        c->status = qp_fail(QP_EDATA, "%s: %.*s: %lld is not from %lld to %lld", c->place, (int)strcspn(keys, "|"),
                            keys, (long long)found, (long long)low, (long long)high);
        return fallback;
    }
    wrong(c, keys, "not an integer");
    return fallback;
}

int64_t qp_json_config_need(qp_json_config *c, const char *keys, int64_t low, int64_t high)
{
    if (!qp_json_config_has(c, keys)) wrong(c, keys, "missing; the configuration is incomplete");
    return qp_json_config_whole(c, keys, low, high, low);
}

double qp_json_config_real(qp_json_config *c, const char *keys, double fallback)
{
    const json_t *value = qp_json_config_find(c, keys);
    if (!value || c->status != QP_OK) return fallback;
    if (json_is_number(value) && isfinite(json_number_value(value))) return json_number_value(value);
    wrong(c, keys, "not a number");
    return fallback;
}

bool qp_json_config_flag(qp_json_config *c, const char *keys, bool fallback)
{
    const json_t *value = qp_json_config_find(c, keys);
    if (!value || c->status != QP_OK) return fallback;
    if (json_is_boolean(value)) return json_is_true(value);
    wrong(c, keys, "neither true nor false");
    return fallback;
}

const char *qp_json_config_text(qp_json_config *c, const char *keys, const char *fallback)
{
    const json_t *value = qp_json_config_find(c, keys);
    if (!value || c->status != QP_OK) return fallback;
    if (json_is_string(value)) return json_string_value(value);
    wrong(c, keys, "not a text");
    return fallback;
}

/* ---- refusals ---- */

void qp_json_config_refuse(qp_json_config *c, const char *key, const char *why)
{
    if (c->status == QP_OK)
        c->status = qp_fail(QP_EDATA, "%s: %.*s: %s; a model of this kind cannot be read", c->place,
                            (int)strcspn(key, "|"), key, why);
}

void qp_json_config_same_flag(qp_json_config *c, const char *keys, bool supported, bool fallback)
{
    if (qp_json_config_flag(c, keys, fallback) != supported)
        qp_json_config_refuse(c, keys, supported ? "false is not supported" : "true is not supported");
}

void qp_json_config_same_text(qp_json_config *c, const char *keys, const char *supported)
{
    if (strcmp(qp_json_config_text(c, keys, supported), supported) != 0)
        qp_json_config_refuse(c, keys, "this value is not supported");
}
