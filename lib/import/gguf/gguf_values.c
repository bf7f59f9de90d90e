#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/import/gguf/gguf_internal.h"
#include "lib/store/checked.h"
#include "lib/text/utf8.h"

enum { NESTED = 4, TEXT_LIMIT = 1000 };

static const unsigned char type_bytes[QP_GGUF_VALUE_TYPES] = {
    [QP_GGUF_U8] = 1,  [QP_GGUF_I8] = 1,    [QP_GGUF_U16] = 2,  [QP_GGUF_I16] = 2, [QP_GGUF_U32] = 4, [QP_GGUF_I32] = 4,
    [QP_GGUF_FLOAT] = 4, [QP_GGUF_BOOL] = 1, [QP_GGUF_U64] = 8, [QP_GGUF_I64] = 8, [QP_GGUF_DOUBLE] = 8};

/* ---- lists ---- */

static qp_status skip_text(qp_gguf *file)
{
    uint64_t bytes;
    const unsigned char *taken;
    QP_TRY(qp_gguf_take_u64(file, &bytes));
    return qp_gguf_take(file, bytes, &taken);
}

/* Checks that the elements are there. Each takes at least one byte of the file, so a false count ends soon. */
static qp_status skip_list(qp_gguf *file, const char *key, int depth, uint32_t *type, uint64_t *count)
{
    const unsigned char *taken;
    uint64_t bytes;
    if (depth == NESTED) return qp_gguf_damaged(file, key, "lists in lists, too deep");
    QP_TRY(qp_gguf_take_u32(file, type));
    QP_TRY(qp_gguf_take_u64(file, count));
    if (*type >= QP_GGUF_VALUE_TYPES) return qp_gguf_damaged(file, key, "a list of an unknown type");
    if (type_bytes[*type]) {
        if (!qp_checked_multiply(*count, type_bytes[*type], &bytes))
            return qp_gguf_damaged(file, key, "a list that is larger than any file");
        return qp_gguf_take(file, bytes, &taken);
    }
    for (uint64_t i = 0; i < *count; i++) {
        uint32_t inner;
        uint64_t inner_count;
        if (*type == QP_GGUF_TEXT)
            QP_TRY(skip_text(file));
        else
            QP_TRY(skip_list(file, key, depth + 1, &inner, &inner_count));
    }
    return QP_OK;
}

static qp_status keep_list(qp_gguf *file, const char *key)
{
    uint32_t type;
    uint64_t count;
    const size_t begin = file->at;
    QP_TRY(skip_list(file, key, 0, &type, &count));
    if (!QP_GROW(file->list, file->list_room, file->lists + 1))
        return qp_fail(QP_EMEMORY, "%s: out of memory for its keys", file->base.path);
    qp_gguf_kept_list *list = &file->list[file->lists];
    *list = (qp_gguf_kept_list){.key = strdup(key), .type = type, .count = count, .first = begin + 12};
    if (!list->key) return qp_fail(QP_EMEMORY, "%s: out of memory for its keys", file->base.path);
    file->lists++;
    return QP_OK;
}

bool qp_gguf_find_list(const qp_gguf *file, const char *key, uint32_t type, qp_gguf_list *list)
{
    for (size_t i = 0; i < file->lists; i++) {
        const qp_gguf_kept_list *kept = &file->list[i];
        if (kept->type != type || strcmp(kept->key, key) != 0) continue;
        *list = (qp_gguf_list){kept->count, file->header + kept->first};
        return true;
    }
    return false;
}

qp_text qp_gguf_next_text(qp_gguf_list *list)
{
    qp_text text = {(const char *)list->next + 8, (size_t)qp_little_u64(list->next)};
    list->next += 8 + text.bytes;
    return text;
}

uint32_t qp_gguf_next_u32(qp_gguf_list *list)
{
    uint32_t value = qp_little_u32(list->next);
    list->next += 4;
    return value;
}

float qp_gguf_next_float(qp_gguf_list *list)
{
    uint32_t bits = qp_gguf_next_u32(list);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- single values ---- */

/* The shortest decimal number that is rounded to this float: 1e-6 for the float nearest to it. */
static double decimal(float value)
{
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return strtod(text, NULL);
}

static json_t *number_of(uint32_t type, const unsigned char *from)
{
    uint64_t bits = 0;
    for (int i = 0; i < type_bytes[type]; i++) bits |= (uint64_t)from[i] << 8 * i;
    float single;
    double full;
    uint32_t half = (uint32_t)bits;
    memcpy(&single, &half, sizeof single);
    memcpy(&full, &bits, sizeof full);
    switch (type) {
    case QP_GGUF_I8: return json_integer((int8_t)bits);
    case QP_GGUF_I16: return json_integer((int16_t)bits);
    case QP_GGUF_I32: return json_integer((int32_t)bits);
    case QP_GGUF_I64: return json_integer((int64_t)bits);
    case QP_GGUF_BOOL: return json_boolean(bits != 0);
    case QP_GGUF_FLOAT: return isfinite(single) ? json_real(decimal(single)) : json_null();
    case QP_GGUF_DOUBLE: return isfinite(full) ? json_real(full) : json_null();
    default: return bits <= INT64_MAX ? json_integer((json_int_t)bits) : json_real((double)bits);
    }
}

static qp_status read_text(qp_gguf *file, json_t **value)
{
    uint64_t bytes;
    const unsigned char *taken;
    QP_TRY(qp_gguf_take_u64(file, &bytes));
    QP_TRY(qp_gguf_take(file, bytes, &taken));
    const char *text = (const char *)taken;
    bool kept = bytes <= TEXT_LIMIT && qp_utf8_valid(text, (size_t)bytes) == bytes && !memchr(text, 0, (size_t)bytes);
    *value = kept ? json_stringn(text, (size_t)bytes) : json_null();
    return QP_OK;
}

static qp_status read_value(qp_gguf *file, const char *key)
{
    uint32_t type;
    const unsigned char *taken;
    json_t *value = NULL;
    QP_TRY(qp_gguf_take_u32(file, &type));
    if (type >= QP_GGUF_VALUE_TYPES) return qp_gguf_damaged(file, key, "a value of an unknown type");
    if (json_object_get(file->values, key)) return qp_gguf_damaged(file, key, "the key is there twice");
    if (type == QP_GGUF_LIST) {
        QP_TRY(keep_list(file, key));
        value = json_null();
    } else if (type == QP_GGUF_TEXT) {
        QP_TRY(read_text(file, &value));
    } else {
        QP_TRY(qp_gguf_take(file, type_bytes[type], &taken));
        value = number_of(type, taken);
    }
    if (!value || json_object_set_new_nocheck(file->values, key, value) != 0)
        return qp_fail(QP_EMEMORY, "%s: out of memory for its keys", file->base.path);
    return QP_OK;
}

qp_status qp_gguf_read_values(qp_gguf *file, uint64_t keys)
{
    for (uint64_t i = 0; i < keys; i++) {
        char *key;
        QP_TRY(qp_gguf_take_name(file, &key));
        qp_status status = read_value(file, key);
        free(key);
        if (status != QP_OK) return status;
    }
    return QP_OK;
}
