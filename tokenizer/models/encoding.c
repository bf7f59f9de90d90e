#include "tokenizer/models/encoding.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

void qp_encoding_free(qp_encoding *e)
{
    free(e->id);
    free(e->begin);
    free(e->end);
    free(e->type_id);
    free(e->first_character);
    free(e->last_character);
    if (e->scratch) e->scratch_free(e->scratch);
    *e = (qp_encoding){.spans = e->spans};
}

qp_status qp_encoding_reserve(qp_encoding *e, size_t count)
{
    bool fits = QP_GROW(e->id, e->id_capacity, count);
    if (e->spans) fits = fits && QP_GROW(e->begin, e->begin_capacity, count) && QP_GROW(e->end, e->end_capacity, count);
    return fits ? QP_OK : no_memory();
}

qp_status qp_encoding_add_typed(qp_encoding *e, int32_t id, uint32_t begin, uint32_t end, int32_t type_id)
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

void *qp_encoding_scratch(qp_encoding *e, size_t bytes, void (*release)(void *scratch))
{
    if (e->scratch && e->scratch_free == release) return e->scratch;
    if (e->scratch) e->scratch_free(e->scratch);
    e->scratch_free = release;
    return e->scratch = calloc(1, bytes);
}

qp_status qp_encoding_characters(const char *text, size_t bytes, qp_encoding *e)
{
    size_t count = (size_t)e->count;
    if (count && (!e->begin || !e->end)) return qp_fail(QP_EUSAGE, "tokenizer: spans were not asked for");
    if (!QP_GROW(e->first_character, e->first_capacity, count) || !QP_GROW(e->last_character, e->last_capacity, count))
        return no_memory();
    uint32_t *character = malloc((bytes + 1) * sizeof *character), number = 0; /* the character of each byte */
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
