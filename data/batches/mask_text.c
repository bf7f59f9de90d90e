#include <stdlib.h>
#include <string.h>

#include "data/batches/masking.h"
#include "lib/base/array.h"

/* The ids of a text with masks, while it is encoded. */
typedef struct {
    int32_t *id, *place;
    int count, masks;
    size_t id_capacity, place_capacity;
} masked_text;

/* Append ids; a mask is also recorded in `place`. */
static qp_status append(masked_text *t, const int32_t *id, int count, bool is_mask)
{
    if (count == 0) return QP_OK;
    if (count > INT32_MAX - 1 - t->count) return qp_fail(QP_EDATA, "too many tokens; split the line");
    if (!QP_GROW(t->id, t->id_capacity, (size_t)(t->count + count)) ||
        !QP_GROW(t->place, t->place_capacity, (size_t)(t->masks + is_mask)))
        return qp_fail(QP_EMEMORY, "no memory for the line");
    memcpy(t->id + t->count, id, (size_t)count * sizeof *id);
    if (is_mask) t->place[t->masks++] = t->count;
    t->count += count;
    return QP_OK;
}

static qp_status append_text(masked_text *t, const qp_text_codec *codec, const char *text, size_t bytes)
{
    int32_t *id;
    int count;
    if (bytes == 0) return QP_OK;
    QP_TRY(codec->encode(codec->self, text, bytes, &id, &count));
    qp_status status = append(t, id, count, false);
    free(id);
    return status;
}

bool qp_mask_find(const char *text, size_t at, size_t bytes, size_t *mark, size_t *length)
{
    static const char *marks[] = {"[MASK]", "<mask>"};
    for (*length = 6; at + *length <= bytes; at++)
        for (int k = 0; k < 2; k++)
            if (!memcmp(text + at, marks[k], *length)) {
                *mark = at;
                return true;
            }
    return false;
}

static qp_status encode(masked_text *t, const qp_text_codec *codec, const char *text, size_t bytes)
{
    int32_t mask_id = qp_mask_id(codec);
    size_t at = 0, mark, length;
    while (qp_mask_find(text, at, bytes, &mark, &length)) {
        size_t end = mark;
        while (end > at && text[end - 1] == ' ') end--;
        QP_TRY(append_text(t, codec, text + at, end - at));
        QP_TRY(append(t, &mask_id, 1, true));
        at = mark + length;
        while (at < bytes && text[at] == ' ') at++;
    }
    return append_text(t, codec, text + at, bytes - at);
}

qp_status qp_mask_encode(const qp_text_codec *codec, const char *text, size_t bytes, int32_t **id, int *count,
                         int32_t **place, int *masks)
{
    masked_text t = {0};
    *id = *place = NULL;
    *count = *masks = 0;
    qp_status status = encode(&t, codec, text, bytes);
    if (status != QP_OK) {
        free(t.id);
        free(t.place);
        return status;
    }
    *id = t.id;
    *count = t.count;
    *place = t.place;
    *masks = t.masks;
    return QP_OK;
}
