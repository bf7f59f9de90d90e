#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_internal.h"

static const char SPACE_SIGN[] = "\xE2\x96\x81", REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+2581, U+FFFD */
enum { SIGN = 3 };                                                               /* bytes of either */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

/* ---- the texts of pieces ---- */

/* The text with every sign as a space, in `out`; its length. */
static size_t with_spaces(const char *text, size_t bytes, char *out)
{
    size_t made = 0;
    for (size_t at = 0; at < bytes; made++) {
        bool sign = bytes - at >= SIGN && memcmp(text + at, SPACE_SIGN, SIGN) == 0;
        out[made] = sign ? ' ' : text[at];
        at += sign ? SIGN : 1;
    }
    return made;
}

static qp_status list_piece(qp_sentencepiece *m, int32_t id)
{
    const char *surface = m->unknown_surface ? m->unknown_surface : " \xE2\x81\x87 ";
    size_t bytes;
    const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
    if (m->type[id] == QP_SPM_CONTROL) return qp_piece_texts_add(&m->texts, "", 0);
    if (m->type[id] == QP_SPM_UNKNOWN) return qp_piece_texts_add(&m->texts, surface, strlen(surface));
    if (m->type[id] == QP_SPM_BYTE) {
        char byte = (char)strtol(qp_vocabulary_shown(&m->vocabulary, id) + 3, NULL, 16);
        return qp_piece_texts_add(&m->texts, &byte, 1);
    }
    char *own = malloc(bytes + 1);
    if (!own) return no_memory();
    qp_status status = qp_piece_texts_add(&m->texts, own, with_spaces(text, bytes, own));
    free(own);
    return status;
}

qp_status qp_sentencepiece_list_texts(qp_sentencepiece *m)
{
    for (int32_t id = 0; id < m->vocabulary.count; id++) QP_TRY(list_piece(m, id));
    return QP_OK;
}

/* ---- decoding ---- */

/* Ids that are being decoded; `out` has room for all that they can become. */
typedef struct {
    const qp_sentencepiece *m;
    const int32_t *id;
    size_t count;
    bool keep_special;
    char *out;
} reader;

/* A run of byte pieces: characters where they are valid, U+FFFD for each other byte. */
static size_t put_bytes(reader *r, size_t at)
{
    char byte[4];
    size_t end = at, length;
    while (end < r->count && r->m->type[r->id[end]] == QP_SPM_BYTE) end++;
    for (; at < end; at += length) {
        size_t have = 0;
        for (; have < 4 && at + have < end; have++) byte[have] = r->m->texts.text[r->m->texts.start[r->id[at + have]]];
        bool bad = qp_utf8_next(byte, have, &length) == QP_INVALID_CODE;
        memcpy(r->out, bad ? REPLACEMENT : byte, bad ? SIGN : length);
        r->out += bad ? SIGN : length;
    }
    return end;
}

static void put_name(reader *r, int32_t id)
{
    size_t bytes;
    const char *name = qp_vocabulary_text(&r->m->vocabulary, id, &bytes);
    memcpy(r->out, name, bytes);
    r->out += bytes;
}

static bool begins_with_sign(const qp_sentencepiece *m, int32_t id)
{
    size_t bytes;
    const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
    return bytes >= SIGN && memcmp(text, SPACE_SIGN, SIGN) == 0;
}

/* Writes the ids up to the first that gives text; spaces at the beginning of the line are dropped as the model says.
 * Returns how many ids were read. */
static size_t put_beginning(reader *r)
{
    const qp_sentencepiece *m = r->m;
    bool swallows = m->add_dummy_prefix || m->remove_extra_spaces;
    for (size_t i = 0; i < r->count; i++) {
        int32_t id = r->id[i];
        size_t bytes = qp_piece_texts_length(&m->texts, id);
        if (m->type[id] == QP_SPM_BYTE) return i;
        if (m->type[id] == QP_SPM_CONTROL) {
            if (!r->keep_special) continue;
            put_name(r, id);
            return i + 1;
        }
        if (bytes == 0) continue;
        bool drops = swallows && m->type[id] != QP_SPM_UNKNOWN && begins_with_sign(m, id);
        r->out = qp_piece_texts_put(&m->texts, id, r->out);
        if (!drops) return i + 1;
        memmove(r->out - bytes, r->out - bytes + 1, bytes - 1);
        r->out--;
        if (bytes > 1 || !m->remove_extra_spaces) return i + 1;
    }
    return r->count;
}

/* The most bytes that the ids can become. */
static qp_status measure(const reader *r, size_t *most)
{
    const qp_sentencepiece *m = r->m;
    *most = 0;
    for (size_t i = 0; i < r->count; i++) {
        int32_t id = r->id[i];
        if (id < 0 || id >= m->vocabulary.count)
            return qp_fail(QP_EDATA, "sentencepiece: id %d is outside the vocabulary of %d pieces", id,
                           m->vocabulary.count);
        size_t bytes = qp_piece_texts_length(&m->texts, id);
        if (m->type[id] == QP_SPM_BYTE) bytes = SIGN;
        if (m->type[id] == QP_SPM_CONTROL && r->keep_special) qp_vocabulary_text(&m->vocabulary, id, &bytes);
        *most += bytes;
    }
    return QP_OK;
}

static void put_ids(reader *r)
{
    const qp_sentencepiece *m = r->m;
    for (size_t i = put_beginning(r); i < r->count;) {
        int type = m->type[r->id[i]];
        if (type == QP_SPM_BYTE) {
            i = put_bytes(r, i);
        } else if (type == QP_SPM_CONTROL && r->keep_special) {
            put_name(r, r->id[i++]);
        } else {
            r->out = qp_piece_texts_put(&m->texts, r->id[i++], r->out);
        }
    }
}

/* Applies the denormalizer's rules to the decoded text, which it replaces. */
static qp_status denormalize(const qp_sentencepiece *m, char **text, size_t *bytes)
{
    char *out = NULL;
    size_t made = 0, capacity = 0;
    for (size_t at = 0; at < *bytes;) {
        qp_spm_step r = qp_sentencepiece_next(NULL, &m->back_rules, *text + at, *bytes - at);
        if (!QP_GROW(out, capacity, made + r.bytes + 1)) {
            free(out);
            return no_memory();
        }
        if (r.bytes) memcpy(out + made, r.text, r.bytes);
        made += r.bytes;
        at += r.used;
    }
    if (!out) return QP_OK;
    free(*text);
    *text = out;
    *bytes = made;
    return QP_OK;
}

qp_status qp_sentencepiece_decode(const qp_sentencepiece *m, const int32_t *id, size_t count, bool keep_special,
                                  char **text, size_t *bytes)
{
    reader r = {.m = m, .id = id, .count = count, .keep_special = keep_special};
    size_t most;
    *text = NULL;
    *bytes = 0;
    QP_TRY(measure(&r, &most));
    char *out = r.out = malloc(most + QP_PIECE_SPARE + 1);
    if (!out) return no_memory();
    put_ids(&r);
    size_t made = (size_t)(r.out - out);
    qp_status status = m->back_rules.unit_count ? denormalize(m, &out, &made) : QP_OK;
    if (status != QP_OK) {
        free(out);
        return status;
    }
    out[made] = '\0';
    *text = out;
    *bytes = made;
    return QP_OK;
}
