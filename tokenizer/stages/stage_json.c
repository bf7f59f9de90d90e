#include "tokenizer/stages/stage_json.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"

qp_status qp_json_flag(const char *place, const json_t *json, const char *key, bool missing, bool *flag)
{
    const json_t *value = json_object_get(json, key);
    *flag = missing;
    if (!value || json_is_null(value)) return QP_OK;
    if (!json_is_boolean(value)) return qp_fail(QP_EDATA, "%s: %s is neither true nor false", place, key);
    *flag = json_is_true(value);
    return QP_OK;
}

char *qp_text_copy(const char *text, size_t bytes)
{
    char *copy = malloc(bytes + 1);
    if (!copy) return NULL;
    if (bytes) memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

qp_status qp_stage_string_set(qp_stage_string *string, const char *text, size_t bytes)
{
    string->text = qp_text_copy(text, bytes);
    string->bytes = bytes;
    return string->text ? QP_OK : qp_fail(QP_EMEMORY, "tokenizer: out of memory; use a smaller tokenizer");
}

qp_status qp_json_stage_text(const char *place, const json_t *json, const char *key, qp_stage_string *text)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_string(value)) return qp_fail(QP_EDATA, "%s: a stage has no text \"%s\"", place, key);
    return qp_stage_string_set(text, json_string_value(value), json_string_length(value));
}

qp_status qp_json_character(const char *place, const json_t *json, const char *key, qp_stage_string *text)
{
    size_t length;
    QP_TRY(qp_json_stage_text(place, json, key, text));
    if (text->bytes && qp_utf8_next(text->text, text->bytes, &length) >= 0 && length == text->bytes) return QP_OK;
    return qp_fail(QP_EDATA, "%s: the \"%s\" of a stage is not one character", place, key);
}

qp_status qp_json_count(const char *place, const json_t *json, const char *key, int *count)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1000000)
        return qp_fail(QP_EDATA, "%s: the \"%s\" of a stage is not a number from 0 to 1000000", place, key);
    *count = (int)json_integer_value(value);
    return QP_OK;
}

qp_status qp_json_behavior(const char *place, const json_t *json, qp_split_behavior *behavior)
{
    const json_t *value = json_object_get(json, "behavior");
    for (int i = 0; json_is_string(value) && i < 5; i++) {
        if (strcmp(json_string_value(value), qp_behavior_name[i]) != 0) continue;
        *behavior = (qp_split_behavior)i;
        return QP_OK;
    }
    return qp_fail(QP_EDATA, "%s: a stage has an unknown \"behavior\"", place);
}

void qp_json_write_flag(qp_text_buffer *out, const char *key, bool value)
{
    qp_text_format(out, ", \"%s\": %s", key, value ? "true" : "false");
}

void qp_json_write_text(qp_text_buffer *out, const char *key, const char *text, size_t bytes)
{
    qp_text_format(out, ", \"%s\": ", key);
    if (!qp_json_string(out, text, bytes)) out->failed = true;
}
