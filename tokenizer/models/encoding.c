#include <stdlib.h>

#include "lib/base/array.h"
#include "tokenizer/own/tokenizer_internal.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* ---- special tokens ---- */

static qp_status add(qp_encoding *e, int32_t id, uint32_t begin, uint32_t end, int32_t type_id)
{
    size_t count = (size_t)e->count + 1;
    if (!QP_GROW(e->id, e->id_capacity, count) || !QP_GROW(e->begin, e->begin_capacity, count) ||
        !QP_GROW(e->end, e->end_capacity, count) || !QP_GROW(e->type_id, e->type_capacity, count))
        return no_memory();
    e->id[e->count] = id;
    e->begin[e->count] = begin;
    e->end[e->count] = end;
    e->type_id[e->count++] = type_id;
    return QP_OK;
}

static qp_status add_text(const qp_tokenizer *t, const char *text, size_t bytes, int32_t type_id, qp_encoding *one,
                          qp_encoding *e)
{
    QP_TRY(qp_tokenizer_encode_into(t, text, bytes, one));
    for (int i = 0; i < one->count; i++) QP_TRY(add(e, one->id[i], one->begin[i], one->end[i], type_id));
    return add(e, QP_EOS, 0, 0, type_id);
}

qp_status qp_tokenizer_encode_pair(const qp_tokenizer *t, const char *first, size_t first_bytes, const char *second,
                                   size_t second_bytes, qp_encoding *e)
{
    if (qp_is_foreign(&t->foreign))
        return qp_foreign_encode_pair(&t->foreign, first, first_bytes, second, second_bytes, e);
    qp_encoding one = {.spans = true};
    e->count = 0;
    qp_status status = add(e, QP_BOS, 0, 0, 0);
    if (status == QP_OK) status = add_text(t, first, first_bytes, 0, &one, e);
    if (status == QP_OK && second) status = add_text(t, second, second_bytes, 1, &one, e);
    qp_encoding_free(&one);
    return status;
}

/* ---- characters ---- */

qp_status qp_encoding_characters(const char *text, size_t bytes, qp_encoding *e)
{
    size_t count = (size_t)e->count;
    if (count && (!e->begin || !e->end)) return qp_fail(QP_EUSAGE, "tokenizer: spans were not asked for");
    if (!QP_GROW(e->first_character, e->first_capacity, count) || !QP_GROW(e->last_character, e->last_capacity, count))
        return no_memory();
    uint32_t *character = malloc((bytes + 1) * sizeof *character), number = 0; /* the one each byte is of */
    if (!character) return no_memory();
    for (size_t at = 0, length; at < bytes; at += length, number++) {
        qp_utf8_next(text + at, bytes - at, &length);
        for (size_t i = at; i < at + length; i++) character[i] = number;
    }
    character[bytes] = number;
    for (size_t i = 0; i < count; i++) {
        uint32_t begin = e->begin[i], end = e->end[i];
        e->first_character[i] = character[begin];
        e->last_character[i] = end > begin ? character[end - 1] + 1 : character[begin];
    }
    free(character);
    return QP_OK;
}
