#include "tokenizer/models/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"
#include "lib/base/view.h"
#include "lib/text/byte_letters.h"
#include "lib/text/utf8.h"

enum { MOST_PIECES = 1 << 24 };
static const char SPACE_SIGN[] = "\xE2\x96\x81"; /* U+2581 */

void qp_vocabulary_init(qp_vocabulary *v)
{
    *v = (qp_vocabulary){0};
    for (int i = 0; i < 256; i++) v->byte_id[i] = -1;
}

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "vocabulary: out of memory; use a smaller one"); }

typedef struct {
    uint32_t hash, number; /* of the piece: id + 1; 0 is free */
} slot;

typedef struct {
    qp_text text;
    qp_piece_kind kind;
    uint32_t hash;
} slot_key;

static inline bool slot_is_free(const slot *s) { return s->number == 0; }

static inline slot_key key_of(const qp_vocabulary *v, const slot *s) { return (void)v, (slot_key){.hash = s->hash}; }

static inline uint64_t key_hash(const qp_vocabulary *v, slot_key key) { return (void)v, key.hash; }

static inline bool slot_has(const qp_vocabulary *v, const slot *s, slot_key key)
{
    uint32_t id = s->number - 1;
    return s->hash == key.hash && v->start[id + 1] - v->start[id] == key.text.bytes &&
           memcmp(v->text + v->start[id], key.text.text, key.text.bytes) == 0 && v->kind[id] == key.kind;
}

QP_HASH(piece_slots, slot, slot_key, const qp_vocabulary *, slot_is_free, key_of, key_hash, slot_has)

struct qp_vocabulary_index {
    piece_slots slots;
};

void qp_vocabulary_free(qp_vocabulary *v)
{
    free(v->text);
    free(v->start);
    free(v->kind);
    free(v->shown);
    free(v->shown_start);
    if (v->index) piece_slots_free(&v->index->slots);
    free(v->index);
    for (size_t i = 0; i < sizeof v->code_page / sizeof *v->code_page; i++) free(v->code_page[i]);
    qp_vocabulary_init(v);
}

static slot_key make_key(qp_piece_kind kind, const char *text, size_t bytes)
{
    uint32_t hash = (uint32_t)XXH3_64bits(text, bytes);
    return (slot_key){{text, bytes}, kind, kind == QP_PIECE_CONTINUING ? ~hash : hash};
}

int32_t qp_vocabulary_find_kind(const qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes)
{
    if (!v->index) return -1;
    const slot *found = piece_slots_find(&v->index->slots, v, make_key(kind, text, bytes));
    return found ? (int32_t)found->number - 1 : -1;
}

int32_t qp_vocabulary_find(const qp_vocabulary *v, const char *text, size_t bytes)
{
    return qp_vocabulary_find_kind(v, QP_PIECE_NORMAL, text, bytes);
}

static qp_status index_text(qp_vocabulary *v, slot_key key, int32_t id)
{
    if (!v->index) v->index = calloc(1, sizeof *v->index);
    slot *place = v->index ? piece_slots_place(&v->index->slots, v, key) : NULL;
    if (!place) return no_memory();
    *place = (slot){key.hash, (uint32_t)id + 1};
    v->index->slots.count++;
    return QP_OK;
}

/* A piece that is one code point is found without hashing. */
static qp_status index_code(qp_vocabulary *v, const char *text, size_t bytes, int32_t id)
{
    size_t length;
    int32_t code = qp_utf8_next(text, bytes, &length);
    if (code == QP_INVALID_CODE || length != bytes) return QP_OK;
    int32_t **page = &v->code_page[code >> 8];
    if (!*page) {
        *page = malloc(256 * sizeof **page);
        if (!*page) return no_memory();
        for (int i = 0; i < 256; i++) (*page)[i] = -1;
    }
    (*page)[code & 255] = id;
    return QP_OK;
}

static qp_status add_shown(qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes)
{
    if (!QP_GROW(v->shown, v->shown_capacity, v->shown_bytes + 3 * bytes + 8)) return no_memory();
    if (!QP_GROW(v->shown_start, v->shown_start_capacity, (size_t)v->count + 1)) return no_memory();
    char *to = v->shown + v->shown_bytes;
    v->shown_start[v->count] = v->shown_bytes;
    size_t made = 0;
    if (kind == QP_PIECE_CONTINUING) {
        memcpy(to, "##", made = 2);
    }
    if (v->byte_letters && kind != QP_PIECE_SPECIAL) {
        for (size_t i = 0; i < bytes; i++) made += qp_utf8_write(qp_byte_letter((unsigned char)text[i]), to + made);
    } else if (kind == QP_PIECE_BYTE) {
        made = (size_t)snprintf(to, 8, "<0x%02X>", (unsigned char)text[0]);
    } else {
        for (size_t i = 0; i < bytes; i++) {
            if (text[i] == ' ') {
                made += qp_utf8_write(0x2581, to + made);
            } else {
                to[made++] = text[i];
            }
        }
    }
    to[made] = '\0';
    v->shown_bytes += made + 1;
    return QP_OK;
}

static qp_status check_new(const qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes)
{
    if (bytes == 0) return qp_fail(QP_EDATA, "vocabulary: piece %d is empty; repair the file", v->count);
    if (v->count >= MOST_PIECES)
        return qp_fail(QP_EDATA, "vocabulary: more than %d pieces; make it smaller", MOST_PIECES);
    bool searched = kind == QP_PIECE_NORMAL || kind == QP_PIECE_CONTINUING;
    if (searched && qp_vocabulary_find_kind(v, kind, text, bytes) >= 0)
        return qp_fail(QP_EDATA, "vocabulary: piece %d \"%.*s\" occurs twice; repair the file", v->count,
                       (int)(bytes < 40 ? bytes : 40), text);
    if (kind == QP_PIECE_BYTE && (bytes != 1 || v->byte_id[(unsigned char)text[0]] >= 0))
        return qp_fail(QP_EDATA, "vocabulary: byte piece %d occurs twice; repair the file", v->count);
    return QP_OK;
}

qp_status qp_vocabulary_add(qp_vocabulary *v, qp_piece_kind kind, const char *text, size_t bytes, int32_t *id)
{
    QP_TRY(check_new(v, kind, text, bytes));
    if (!QP_GROW(v->text, v->text_capacity, v->text_bytes + bytes)) return no_memory();
    if (!QP_GROW(v->start, v->start_capacity, (size_t)v->count + 2)) return no_memory();
    if (!QP_GROW(v->kind, v->kind_capacity, (size_t)v->count + 1)) return no_memory();
    QP_TRY(add_shown(v, kind, text, bytes));
    int32_t new_id = v->count;
    if (kind == QP_PIECE_NORMAL) QP_TRY(index_code(v, text, bytes, new_id));
    if (kind == QP_PIECE_NORMAL || kind == QP_PIECE_CONTINUING)
        QP_TRY(index_text(v, make_key(kind, text, bytes), new_id));
    if (kind == QP_PIECE_BYTE) v->byte_id[(unsigned char)text[0]] = new_id;
    memcpy(v->text + v->text_bytes, text, bytes);
    v->start[new_id] = v->text_bytes;
    v->text_bytes += bytes;
    v->start[new_id + 1] = v->text_bytes;
    v->kind[new_id] = (uint8_t)kind;
    v->count++;
    if (id) *id = new_id;
    return QP_OK;
}

static bool bytes_of_letters(const char *shown, size_t bytes, char *out, size_t *out_bytes)
{
    size_t made = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int byte = qp_letter_byte(qp_utf8_next(shown + at, bytes - at, &length));
        if (byte < 0) return false;
        out[made++] = (char)byte;
    }
    *out_bytes = made;
    return true;
}

bool qp_text_of_shown(bool byte_letters, const char *shown, size_t bytes, char *out, size_t *out_bytes)
{
    size_t made = 0;
    if (byte_letters) return bytes_of_letters(shown, bytes, out, out_bytes);
    for (size_t i = 0; i < bytes; i++) {
        if (shown[i] == ' ') return false;
        if (bytes - i >= 3 && memcmp(shown + i, SPACE_SIGN, 3) == 0) {
            out[made++] = ' ';
            i += 2;
        } else {
            out[made++] = shown[i];
        }
    }
    *out_bytes = made;
    return true;
}
