#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"

/* Decoders: ByteFallback, Fuse, Strip. */

/* ---- ByteFallback: <0xNN> is a byte ---- */

static int byte_named(const char *text, size_t bytes)
{
    char name[7] = "", *end;
    if (bytes != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    memcpy(name, text + 3, 2);
    long value = strtol(name, &end, 16);
    return end == name + 2 && name[0] != '+' && name[0] != '-' && name[0] != ' ' ? (int)value : -1;
}

/* A run of byte tokens becomes one token: its text if that is UTF-8, else one U+FFFD for each byte. */
static qp_status end_byte_run(qp_strings *out, const char *run, size_t bytes)
{
    bool valid = true;
    if (bytes == 0) return QP_OK;
    for (size_t at = 0, length; at < bytes && valid; at += length)
        valid = qp_utf8_next(run + at, bytes - at, &length) >= 0;
    if (valid) {
        QP_TRY(qp_strings_put(out, run, bytes));
        return qp_strings_end(out);
    }
    for (size_t i = 0; i < bytes; i++) {
        QP_TRY(qp_strings_put(out, "\xEF\xBF\xBD", 3));
        QP_TRY(qp_strings_end(out));
    }
    return QP_OK;
}

static qp_status decode_bytes(const void *self, const qp_strings *in, qp_strings *out)
{
    (void)self;
    qp_strings run = {0};
    qp_status status = QP_OK;
    for (size_t i = 0; i < in->count && status == QP_OK; i++) {
        qp_text text = qp_strings_get(in, i);
        int byte = byte_named(text.text, text.bytes);
        char one = (char)byte;
        if (byte >= 0) {
            status = qp_strings_put(&run, &one, 1);
            continue;
        }
        status = end_byte_run(out, run.text, run.bytes);
        run.bytes = 0;
        if (status == QP_OK) status = qp_strings_put(out, text.text, text.bytes);
        if (status == QP_OK) status = qp_strings_end(out);
    }
    if (status == QP_OK) status = end_byte_run(out, run.text, run.bytes);
    qp_strings_free(&run);
    return status;
}

const qp_stage_kind qp_stage_decode_bytes = {.role = QP_ROLE_DECODER, .type = "ByteFallback", .decode = decode_bytes};

/* ---- Fuse: one string of all ---- */

static qp_status fuse(const void *self, const qp_strings *in, qp_strings *out)
{
    (void)self;
    QP_TRY(qp_strings_put(out, in->text, in->bytes));
    return qp_strings_end(out);
}

const qp_stage_kind qp_stage_decode_fuse = {.role = QP_ROLE_DECODER, .type = "Fuse", .decode = fuse};

/* ---- Strip: at most so many of one character from each end ---- */

typedef struct {
    qp_stage_string character;
    int start, stop;
} stripping;

static qp_status read_strip(const char *place, const json_t *json, void *self)
{
    stripping *s = self;
    QP_TRY(qp_json_count(place, json, "start", &s->start));
    QP_TRY(qp_json_count(place, json, "stop", &s->stop));
    return qp_json_character(place, json, "content", &s->character);
}

static qp_status write_strip(const void *self, qp_text_buffer *out)
{
    const stripping *s = self;
    qp_json_write_text(out, "content", s->character.text, s->character.bytes);
    qp_text_format(out, ", \"start\": %d, \"stop\": %d", s->start, s->stop);
    return QP_OK;
}

static void release_strip(void *self) { free(((stripping *)self)->character.text); }

static qp_status strip_ends(const void *self, const qp_strings *in, qp_strings *out)
{
    const stripping *s = self;
    const qp_stage_string *c = &s->character;
    for (size_t i = 0; i < in->count; i++) {
        qp_text t = qp_strings_get(in, i);
        for (int k = 0; k < s->start && t.bytes >= c->bytes && memcmp(t.text, c->text, c->bytes) == 0; k++)
            t = (qp_text){t.text + c->bytes, t.bytes - c->bytes};
        for (int k = 0; k < s->stop && t.bytes >= c->bytes; k++) {
            if (memcmp(t.text + t.bytes - c->bytes, c->text, c->bytes) != 0) break;
            t.bytes -= c->bytes;
        }
        QP_TRY(qp_strings_put(out, t.text, t.bytes));
        QP_TRY(qp_strings_end(out));
    }
    return QP_OK;
}

const qp_stage_kind qp_stage_decode_strip = {.role = QP_ROLE_DECODER,
                                             .type = "Strip",
                                             .bytes = sizeof(stripping),
                                             .read = read_strip,
                                             .write = write_strip,
                                             .release = release_strip,
                                             .decode = strip_ends,
                                             .strings = QP_STRINGS_ALONE};
