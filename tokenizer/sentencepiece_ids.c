#include "tokenizer/sentencepiece_ids.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/charsmap_plain.h"
#include "tokenizer/growing.h"
#include "tokenizer/sentencepiece_parts.h"

static const char SPACE_SIGN[] = "\xE2\x96\x81"; /* U+2581 */
enum { SIGN = 3 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

void qp_sentencepiece_scratch_free(qp_sentencepiece_scratch *s)
{
    qp_mapped_text_free(&s->normal);
    qp_bpe_scratch_free(&s->bpe);
    qp_unigram_path_free(&s->path);
    qp_piece_list_free(&s->pieces);
    free(s->covered);
    *s = (qp_sentencepiece_scratch){0};
}

/* ---- normal form, without the way back ---- */

/* Copy characters that the rules leave alone, spaces as signs, until one has to be asked for. `to` has room for three
 * bytes for each byte left. */
static size_t copy_plain(const qp_sentencepiece *m, const char *text, size_t bytes, size_t at, char **to,
                         bool *after_space)
{
    const uint8_t *plain = m->fast->plain;
    char *out = *to;
    bool space_before = *after_space, drop = m->remove_extra_spaces;
    for (size_t length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (!qp_charsmap_is_plain(plain, text + at, bytes - at, code, length)) break;
        if (code == ' ') {
            if (space_before) continue;
            memcpy(out, SPACE_SIGN, SIGN);
            out += SIGN;
            space_before = drop;
            continue;
        }
        if (bytes - at >= 4)
            memcpy(out, text + at, 4); /* more than the character, but there is room */
        else
            memcpy(out, text + at, length);
        out += length;
        space_before = false;
    }
    *to = out;
    *after_space = space_before;
    return at;
}

static qp_status make_room(qp_mapped_text *out, size_t more)
{
    return QP_GROW(out->text, out->capacity, out->bytes + more + 1) ? QP_OK : no_memory();
}

/* What qp_sentencepiece_normalize makes, spaces shown as signs. */
static qp_status normalize(const qp_sentencepiece *m, const char *text, size_t bytes, qp_mapped_text *out)
{
    if (bytes > INT32_MAX / 4) return qp_fail(QP_EDATA, "sentencepiece: text of 2^29 bytes or more; cut it into lines");
    size_t at = qp_sentencepiece_leading_spaces(m, text, bytes);
    bool after_space = m->remove_extra_spaces;
    out->bytes = 0;
    out->mapped = false;
    if (at == bytes) return QP_OK;
    if (m->add_dummy_prefix) QP_TRY(qp_mapped_text_add(out, SPACE_SIGN, SIGN, 0, 0, false));
    while (at < bytes) {
        QP_TRY(make_room(out, SIGN * (bytes - at) + 4));
        char *to = out->text + out->bytes;
        at = copy_plain(m, text, bytes, at, &to, &after_space);
        out->bytes = (size_t)(to - out->text);
        if (at == bytes) break;
        QP_TRY(qp_sentencepiece_step(m, text, bytes, &at, &after_space, out));
    }
    while (m->remove_extra_spaces && out->bytes >= SIGN && memcmp(out->text + out->bytes - SIGN, SPACE_SIGN, SIGN) == 0)
        out->bytes -= SIGN;
    return QP_OK;
}

/* ---- ids ---- */

typedef struct {
    const qp_sentencepiece *m;
    int32_t *id;
    size_t count;
    bool after_unknown;
} id_list;

static void add(id_list *list, const char *text, size_t bytes, int32_t id)
{
    if (id >= 0 && id != list->m->unknown_id) {
        list->id[list->count++] = id;
        list->after_unknown = false;
        return;
    }
    if (list->m->byte_fallback) {
        for (size_t i = 0; i < bytes; i++) list->id[list->count++] = list->m->byte_id[(unsigned char)text[i]];
    } else if (!list->after_unknown) {
        list->id[list->count++] = list->m->unknown_id;
    }
    list->after_unknown = true;
}

static qp_status unigram_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, id_list *list)
{
    const char *text = s->normal.text;
    QP_TRY(qp_unigram_apply(&m->unigram, text, s->normal.bytes, &s->path));
    for (size_t i = 0; i < s->path.count; i++) {
        const qp_unigram_piece *p = &s->path.piece[i];
        add(list, text + p->begin, p->bytes, p->id);
    }
    return QP_OK;
}

static bool is_sign(const char *text, const char *end)
{
    return end - text >= SIGN && (unsigned char)text[0] == 0xE2 && (unsigned char)text[1] == 0x96 &&
           (unsigned char)text[2] == 0x81;
}

/* The normal form is UTF-8, always: the first byte tells a character's length. */
static inline size_t length_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static inline int32_t code_at(const char *text, size_t length)
{
    const unsigned char *t = (const unsigned char *)text;
    if (length == 1) return t[0];
    if (length == 3) return (t[0] & 0x0F) << 12 | (t[1] & 0x3F) << 6 | (t[2] & 0x3F);
    if (length == 2) return (t[0] & 0x1F) << 6 | (t[1] & 0x3F);
    return (t[0] & 0x07) << 18 | (t[1] & 0x3F) << 12 | (t[2] & 0x3F) << 6 | (t[3] & 0x3F);
}

/* Spaces and what follows them up to the next space. */
static const char *segment_end(const char *text, const char *end)
{
    while (is_sign(text, end)) text += SIGN;
    while (text < end && !((unsigned char)*text == 0xE2 && is_sign(text, end))) text += length_of((unsigned char)*text);
    return text;
}

/* Join a segment's characters, laid out where the ids go. Unknown ones need the bytes they cover. */
static qp_status join(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, const char *text, size_t bytes,
                      id_list *list)
{
    int32_t *symbol = list->id + list->count;
    size_t count = 0, at = 0, length;
    bool known = true;
    for (; at < bytes; at += length, count++) {
        length = length_of((unsigned char)text[at]);
        symbol[count] = qp_vocabulary_find_code(&m->vocabulary, code_at(text + at, length));
        known = known && symbol[count] >= 0;
    }
    if (known) {
        QP_TRY(qp_bpe_apply(&m->fast->bpe, &s->bpe, symbol, &count));
        list->count += count;
        list->after_unknown = list->after_unknown && count == 0;
        return QP_OK;
    }
    if (!QP_GROW(s->covered, s->covered_capacity, count)) return no_memory();
    for (size_t i = 0, k = 0; k < count; i += length, k++) {
        length = length_of((unsigned char)text[i]);
        s->covered[k] = (uint32_t)length;
    }
    QP_TRY(qp_bpe_apply_spans(&m->fast->bpe, &s->bpe, symbol, s->covered, &count));
    int32_t *kept = malloc(count * sizeof *kept); /* byte pieces need more room than their characters */
    if (!kept) return no_memory();
    memcpy(kept, symbol, count * sizeof *kept);
    at = 0;
    for (size_t k = 0; k < count; at += s->covered[k++]) add(list, text + at, s->covered[k], kept[k]);
    free(kept);
    return QP_OK;
}

static qp_status joined_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, id_list *list)
{
    const qp_sentencepiece_fast *fast = m->fast;
    const char *text = s->normal.text, *end = text + s->normal.bytes;
    for (const char *next; text < end; text = next) {
        next = m->cuts_at_spaces ? segment_end(text, end) : end;
        size_t bytes = (size_t)(next - text);
        int32_t id = -1;
        if (bytes <= QP_LONGEST_TABLE_WORD)
            id = qp_word_table_find(&fast->word, text, bytes, (size_t)(end - text));
        else if (bytes <= fast->longest)
            id = qp_vocabulary_find(&m->vocabulary, text, bytes);
        if (id >= 0 && fast->whole[id])
            add(list, text, bytes, id);
        else
            QP_TRY(join(m, s, text, bytes, list));
    }
    return QP_OK;
}

static qp_status slow_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, const char *text, size_t bytes,
                          int32_t **id, size_t *capacity, size_t *count)
{
    QP_TRY(qp_sentencepiece_encode(m, text, bytes, &s->pieces));
    if (!QP_GROW(*id, *capacity, s->pieces.count + 1)) return no_memory();
    if (s->pieces.count) memcpy(*id, s->pieces.id, s->pieces.count * sizeof **id);
    *count = s->pieces.count;
    return QP_OK;
}

qp_status qp_sentencepiece_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, const char *text, size_t bytes,
                               int32_t **id, size_t *capacity, size_t *count)
{
    bool quick = m->fast && (m->model_type == QP_SPM_UNIGRAM || m->fast->joins);
    *count = 0;
    if (!quick) return slow_ids(m, s, text, bytes, id, capacity, count);
    QP_TRY(normalize(m, text, bytes, &s->normal));
    if (s->normal.bytes == 0) return QP_OK;
    if (!QP_GROW(*id, *capacity, s->normal.bytes + 1)) return no_memory();
    id_list list = {.m = m, .id = *id};
    QP_TRY(m->model_type == QP_SPM_UNIGRAM ? unigram_ids(m, s, &list) : joined_ids(m, s, &list));
    *count = list.count;
    return QP_OK;
}
