#include "tokenizer/sentencepiece/sentencepiece_chunk_ids.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/sentencepiece/charsmap_plain.h"
#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece_internal.h"

static const char SPACE_SIGN[] = "\xE2\x96\x81"; /* U+2581 */
enum { SIGN = 3 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

static bool is_sign(const char *text, const char *end)
{
    return end - text >= SIGN && (unsigned char)text[0] == 0xE2 && (unsigned char)text[1] == 0x96 &&
           (unsigned char)text[2] == 0x81;
}

/* ---- normal form, without spans ---- */

static bool ends_in_sign(const char *text, const char *end)
{
    return end - text >= SIGN && memcmp(end - SIGN, SPACE_SIGN, SIGN) == 0;
}

/* A text that is being normalised. */
typedef struct {
    const char *text;
    size_t bytes, at;
    bool after_space, by_words; /* by_words: stop at the space after a word */
} reader;

/* Does a space here end a word, which is the last of from[0] .. to[-1]? */
static bool ends_word(const reader *r, const char *from, const char *to)
{
    return r->by_words && to > from && !ends_in_sign(from, to);
}

/* Copies characters that the rules do not change, and spaces as signs, up to the first other character. `out` has room
 * for three bytes per byte left. */
static void copy_plain(const qp_sentencepiece *m, reader *r, qp_mapped_text *out)
{
    const char *text = r->text;
    char *from = out->text, *to = from + out->bytes;
    bool drop = m->remove_extra_spaces;
    for (size_t length, left; (left = r->bytes - r->at) > 0; r->at += length) {
        const char *here = text + r->at;
        int32_t code = qp_utf8_next(here, left, &length);
        if (!qp_charsmap_is_plain(m->fast->plain, here, left, code, length)) break;
        if (code == ' ') {
            if (ends_word(r, from, to)) break;
            if (r->after_space) continue;
            memcpy(to, SPACE_SIGN, SIGN);
            to += SIGN;
            r->after_space = drop;
            continue;
        }
        memcpy(to, here, left >= 4 ? 4 : length); /* more than the character, but there is room */
        to += length;
        r->after_space = false;
    }
    out->bytes = (size_t)(to - from);
}

static qp_status make_room(qp_mapped_text *out, size_t more)
{
    return QP_GROW(out->text, out->capacity, out->bytes + more + 1) ? QP_OK : no_memory();
}

/* What qp_sentencepiece_normalize makes, spaces shown as signs: of the whole text or of the next words. */
static qp_status normalize(const qp_sentencepiece *m, reader *r, qp_mapped_text *out)
{
    bool drop = m->remove_extra_spaces;
    if (r->bytes > INT32_MAX / 4)
        return qp_fail(QP_EDATA, "sentencepiece: text of 2^29 bytes or more; cut it into lines");
    out->bytes = 0;
    out->mapped = false;
    if (r->at == 0) {
        r->at = qp_sentencepiece_leading_spaces(m, r->text, r->bytes);
        r->after_space = drop;
        if (r->at == r->bytes) return QP_OK;
        if (m->add_dummy_prefix) QP_TRY(qp_mapped_text_add(out, SPACE_SIGN, SIGN, 0, 0, false));
    }
    while (r->at < r->bytes) {
        QP_TRY(make_room(out, SIGN * (r->bytes - r->at) + 4));
        copy_plain(m, r, out);
        if (r->at == r->bytes) break;
        if (r->text[r->at] == ' ' && ends_word(r, out->text, out->text + out->bytes)) return QP_OK;
        QP_TRY(qp_sentencepiece_step(m, r->text, r->bytes, &r->at, &r->after_space, out));
    }
    while (drop && ends_in_sign(out->text, out->text + out->bytes)) out->bytes -= SIGN;
    return QP_OK;
}

qp_status qp_sentencepiece_plain_normal(const qp_sentencepiece *m, const char *text, size_t bytes, qp_mapped_text *out)
{
    reader r = {.text = text, .bytes = bytes};
    return normalize(m, &r, out);
}

/* ---- ids ---- */

static qp_status unigram_ids(qp_sentencepiece_run *list, const char *text, size_t bytes)
{
    qp_unigram_path *path = &list->scratch->path;
    QP_TRY(qp_unigram_continue(&list->model->unigram, text, bytes, &list->score, path));
    for (size_t i = 0; i < path->count; i++) {
        const qp_unigram_piece *p = &path->piece[i];
        qp_sentencepiece_put(list, text + p->begin, p->bytes, p->id);
    }
    return QP_OK;
}

/* The normal form is always UTF-8, so the first byte gives a character's length. */
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

/* Joins the characters of a segment in place, where its ids go. Unknown ones need the bytes they cover. */
static qp_status join(qp_sentencepiece_run *list, const char *text, size_t bytes)
{
    const qp_sentencepiece *m = list->model;
    qp_sentencepiece_scratch *s = list->scratch;
    int32_t *symbol = list->ids.id + list->ids.count;
    size_t count = 0, at = 0, length;
    bool known = true;
    for (; at < bytes; at += length, count++) {
        length = length_of((unsigned char)text[at]);
        symbol[count] = qp_vocabulary_find_code(&m->vocabulary, code_at(text + at, length));
        known = known && symbol[count] >= 0;
    }
    if (known) {
        QP_TRY(qp_bpe_apply(&m->fast->bpe, &s->bpe, symbol, &count));
        list->ids.count += count;
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
    for (size_t k = 0; k < count; at += s->covered[k++]) qp_sentencepiece_put(list, text + at, s->covered[k], kept[k]);
    free(kept);
    return QP_OK;
}

static qp_status joined_ids(qp_sentencepiece_run *list, const char *text, size_t bytes)
{
    const qp_sentencepiece *m = list->model;
    const char *end = text + bytes;
    for (const char *next; text < end; text = next) {
        next = m->cuts_at_spaces ? segment_end(text, end) : end;
        size_t length = (size_t)(next - text);
        int32_t id = -1;
        if (length > SIGN && is_sign(text, end))
            id = qp_word_table_find(&m->fast->word, text + SIGN, length - SIGN, (size_t)(end - text) - SIGN);
        if (id >= 0)
            qp_sentencepiece_put(list, text, length, id);
        else
            QP_TRY(join(list, text, length));
    }
    return QP_OK;
}

qp_status qp_sentencepiece_chunk_ids(qp_sentencepiece_run *list, const char *text, size_t bytes, size_t *at)
{
    const qp_sentencepiece *m = list->model;
    qp_mapped_text *normal = &list->scratch->normal;
    reader r = {.text = text, .bytes = bytes, .at = *at, .by_words = m->fast->letter != NULL};
    QP_TRY(normalize(m, &r, normal));
    *at = r.at;
    size_t room = list->ids.count + normal->bytes + (bytes - r.at) + 2;
    if (!QP_GROW(list->ids.id, list->ids.capacity, room)) return no_memory();
    return m->model_type == QP_SPM_UNIGRAM ? unigram_ids(list, normal->text, normal->bytes)
                                           : joined_ids(list, normal->text, normal->bytes);
}
