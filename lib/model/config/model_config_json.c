#include "lib/model/config/model_config_json.h"

#include <jansson.h>
#include <string.h>

#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"

enum { CONFIG_BYTES = 1 << 16 }; /* far above any configuration */

qp_status qp_model_config_to_json(const qp_model_config *config, char **json)
{
    qp_text_buffer out = {0};
    char text[600];
    qp_json_open(&out, '{');
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        qp_json_key(&out, field->name);
        qp_config_get(field, config, text, sizeof text);
        qp_json_repaired(&out, text, strlen(text));
    }
    qp_json_close(&out, '}');
    return qp_text_finish(&out, json, NULL);
}

qp_status qp_model_config_from_json(const char *path, const char *text, qp_model_config *config)
{
    json_t *object;
    if (strlen(text) > CONFIG_BYTES)
        return qp_fail(QP_EDATA, "%s: a configuration of %zu bytes; the file is damaged or not quipu's", path,
                       strlen(text));
    QP_TRY(qp_json_read(path, text, strlen(text), JSON_REJECT_DUPLICATES, &object));
    if (!json_is_object(object)) {
        json_decref(object);
        return qp_fail(QP_EDATA, "%s: its configuration is not a JSON object; the file is damaged or not quipu's",
                       path);
    }
    qp_config_defaults(&qp_model_fields, config);
    qp_status status = QP_OK;
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value) {
        bool series = strcmp(key, "series_loss") == 0; /* the name of --loss in files of earlier versions */
        const qp_field *field = qp_config_find(&qp_model_fields, series ? "loss" : key);
        if (!field || !json_is_string(value))
            status = qp_fail(QP_EDATA,
                             "%s: unknown configuration key %.60s; the file is newer than this quipu or damaged", path,
                             key);
        else if (series && strcmp(json_string_value(value), "mse") == 0)
            continue; /* what --loss auto means */
        else if (qp_config_set(field, config, path, json_string_value(value)) != QP_OK)
            status = QP_EDATA;
        if (status != QP_OK) break;
    }
    json_decref(object);
    return status;
}
