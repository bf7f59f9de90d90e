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
    free(e->sequence);
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

qp_status qp_encoding_add_span(qp_encoding *e, int32_t id, uint32_t begin, uint32_t end)
{
    size_t count = (size_t)e->count + 1;
    if (!QP_GROW(e->id, e->id_capacity, count) || !QP_GROW(e->begin, e->begin_capacity, count) ||
        !QP_GROW(e->end, e->end_capacity, count))
        return no_memory();
    e->id[e->count] = id;
    e->begin[e->count] = begin;
    e->end[e->count++] = end;
    return QP_OK;
}

static bool reserve_tokens(qp_encoding *e, size_t count)
{
    return QP_GROW(e->id, e->id_capacity, count) && QP_GROW(e->begin, e->begin_capacity, count) &&
           QP_GROW(e->end, e->end_capacity, count) && QP_GROW(e->type_id, e->type_capacity, count) &&
           QP_GROW(e->sequence, e->sequence_capacity, count);
}

static void set_token(qp_encoding *e, int at, qp_token token)
{
    e->id[at] = token.id;
    e->begin[at] = token.begin;
    e->end[at] = token.end;
    e->type_id[at] = token.type_id;
    e->sequence[at] = token.sequence;
}

qp_status qp_encoding_add_token(qp_encoding *e, qp_token token)
{
    if (!reserve_tokens(e, (size_t)e->count + 1)) return no_memory();
    set_token(e, e->count++, token);
    return QP_OK;
}

qp_status qp_encoding_insert(qp_encoding *e, int at, int count, qp_token token)
{
    if (!reserve_tokens(e, (size_t)e->count + (size_t)count)) return no_memory();
    for (int i = e->count; i-- > at;) set_token(e, i + count, qp_encoding_token(e, i));
    for (int i = at; i < at + count; i++) set_token(e, i, token);
    e->count += count;
    return QP_OK;
}

void qp_encoding_keep(qp_encoding *e, int first, int count)
{
    for (int i = 0; i < count; i++) set_token(e, i, qp_encoding_token(e, first + i));
    e->count = count;
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
