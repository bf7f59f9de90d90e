#define _GNU_SOURCE
#include "lib/decode/text_stream.h"

#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD";

/* ---- text ---- */

/* The end of a line of running text. */
static bool is_feed(const qp_text_stream *s, int32_t id) { return s->running && id == qp_codec_special(s->codec).end; }

static qp_status put(qp_text_stream *s, const char *text, size_t bytes)
{
    if (s->bytes + bytes + 1 > s->capacity) {
        size_t capacity = 2 * s->capacity + bytes + 256;
        char *grown = realloc(s->text, capacity);
        if (!grown) return qp_fail(QP_EMEMORY, "generate: out of memory for the text");
        s->text = grown;
        s->capacity = capacity;
    }
    memcpy(s->text + s->bytes, text, bytes);
    s->bytes += bytes;
    s->text[s->bytes] = '\0';
    return QP_OK;
}

/* Bytes of a character whose first byte is `first` (Unicode 15, table 3-7), 0: not a first byte. *least and *most bound
 * the second byte. */
static int character_bytes(unsigned char first, unsigned char *least, unsigned char *most)
{
    *least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static qp_status put_byte(qp_text_stream *s, char byte)
{
    unsigned char b = (unsigned char)byte, least, most;
    if (s->part_bytes > 0) {
        int length = character_bytes((unsigned char)s->part[0], &least, &most);
        bool fits = s->part_bytes == 1 ? b >= least && b <= most : (b & 0xC0) == 0x80;
        if (fits) {
            s->part[s->part_bytes++] = byte;
            if (s->part_bytes < length) return QP_OK;
            s->part_bytes = 0;
            return put(s, s->part, (size_t)length);
        }
        s->part_bytes = 0;
        QP_TRY(put(s, replacement, 3));
    }
    int length = character_bytes(b, &least, &most);
    if (length == 0) return put(s, replacement, 3);
    if (length == 1) return put(s, &byte, 1);
    s->part[s->part_bytes++] = byte;
    return QP_OK;
}

/* ---- stop strings ---- */

/* Bytes at the end of the text that may still become a stop string. */
static size_t open_end(const qp_text_stream *s, const char *stop)
{
    size_t length = strlen(stop);
    for (size_t n = length < s->bytes ? length : s->bytes; n > 0; n--)
        if (n < length && memcmp(s->text + s->bytes - n, stop, n) == 0) return n;
    return 0;
}

/* A stop string that was not found before begins at `certain` or later. */
static void look_for_stops(qp_text_stream *s)
{
    size_t held = 0;
    char *first = NULL;
    for (int i = 0; i < s->stops && s->bytes > s->certain; i++) {
        size_t length = strlen(s->stop[i]), open = open_end(s, s->stop[i]);
        char *found = length ? memmem(s->text + s->certain, s->bytes - s->certain, s->stop[i], length) : NULL;
        if (found && (!first || found < first)) first = found;
        if (open > held) held = open;
    }
    if (first) {
        s->stopped = true;
        s->bytes = (size_t)(first - s->text);
        *first = '\0';
        held = 0;
    }
    s->certain = s->bytes - held;
}

/* ---- tokens ---- */

void qp_text_stream_begin(qp_text_stream *s, const int32_t *id, int count)
{
    s->from = s->read = count;
    while (s->from > 0 && !is_feed(s, id[s->from - 1])) s->from--;
}

/* Does the text end inside a character, or in the U+FFFD that a codec may write for a part of one? */
static bool ends_inside(const char *text, size_t bytes)
{
    unsigned char least, most;
    for (size_t back = 1; back <= 3 && back <= bytes; back++) {
        int length = character_bytes((unsigned char)text[bytes - back], &least, &most);
        if (length > (int)back) return true;
        if (length > 0) break;
    }
    return bytes >= 3 && memcmp(text + bytes - 3, replacement, 3) == 0;
}

/* Add what tokens read .. count-1 contribute to the text of the tokens before them; with `wait`, not while it ends
 * inside a character. */
static qp_status decode_more(qp_text_stream *s, const int32_t *id, int count, bool wait)
{
    char *before = NULL, *after = NULL;
    size_t before_bytes = 0, after_bytes = 0;
    qp_status status = s->codec->decode(s->codec->self, id + s->from, s->read - s->from, &before, &before_bytes);
    if (status == QP_OK) status = s->codec->decode(s->codec->self, id + s->from, count - s->from, &after, &after_bytes);
    bool take = status == QP_OK && !(wait && ends_inside(after, after_bytes));
    for (size_t i = before_bytes; take && status == QP_OK && i < after_bytes; i++) status = put_byte(s, after[i]);
    if (take && status == QP_OK) {
        if (after_bytes > before_bytes) s->from = s->read;
        s->read = count;
    }
    free(before);
    free(after);
    return status;
}

/* A character has at most four bytes, so at most four tokens wait for its end. */
static qp_status add(qp_text_stream *s, const int32_t *id, int count, bool last)
{
    while (s->read < count && !s->stopped) {
        if (is_feed(s, id[s->read])) {
            QP_TRY(put_byte(s, '\n'));
            s->from = ++s->read;
        } else {
            int before = s->read, until = before;
            while (until < count && !is_feed(s, id[until]) && s->read == before) {
                until++;
                QP_TRY(decode_more(s, id, until, until - before < 4 && !(until == count && last)));
            }
            if (s->read == before && until == count) return QP_OK;
            if (s->read == before) QP_TRY(decode_more(s, id, until, false));
        }
        look_for_stops(s);
    }
    return QP_OK;
}

qp_status qp_text_stream_add(qp_text_stream *s, const int32_t *id, int count) { return add(s, id, count, false); }

qp_status qp_text_stream_end(qp_text_stream *s, const int32_t *id, int count)
{
    QP_TRY(add(s, id, count, true));
    if (s->part_bytes > 0 && !s->stopped) QP_TRY(put(s, replacement, 3));
    s->part_bytes = 0;
    if (!s->stopped) look_for_stops(s);
    s->certain = s->bytes;
    return QP_OK;
}
