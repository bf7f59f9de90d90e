#define _GNU_SOURCE /* memmem */
#include "tokenizer/stages/strings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use fewer tokens"); }

void qp_strings_free(qp_strings *s)
{
    free(s->text);
    free(s->end);
}

qp_status qp_strings_put(qp_strings *s, const char *text, size_t bytes)
{
    if (!QP_GROW(s->text, s->capacity, s->bytes + bytes + 1)) return no_memory();
    if (bytes) memcpy(s->text + s->bytes, text, bytes);
    s->bytes += bytes;
    return QP_OK;
}

qp_status qp_strings_end(qp_strings *s)
{
    if (!QP_GROW(s->end, s->end_capacity, s->count + 1)) return no_memory();
    s->end[s->count++] = s->bytes;
    return QP_OK;
}

qp_text qp_strings_get(const qp_strings *s, size_t i)
{
    size_t begin = i ? s->end[i - 1] : 0;
    return (qp_text){s->text + begin, s->end[i] - begin};
}

qp_status qp_strings_replaced(qp_strings *s, qp_text text, qp_text old, qp_text fresh)
{
    while (old.bytes > 0) {
        const char *at = text.bytes ? memmem(text.text, text.bytes, old.text, old.bytes) : NULL;
        if (!at) break;
        QP_TRY(qp_strings_put(s, text.text, (size_t)(at - text.text)));
        QP_TRY(qp_strings_put(s, fresh.text, fresh.bytes));
        text.bytes -= (size_t)(at - text.text) + old.bytes;
        text.text = at + old.bytes;
    }
    return qp_strings_put(s, text.text, text.bytes);
}

/* The length of the bad beginning of a character at text[0] (Unicode Standard, section 3.9). */
static size_t bad_length(const char *text, size_t bytes)
{
    const unsigned char *t = (const unsigned char *)text;
    size_t wanted = t[0] >= 0xF0 && t[0] <= 0xF4 ? 4 : t[0] >= 0xE0 && t[0] < 0xF0 ? 3 : 1;
    unsigned low = t[0] == 0xE0 ? 0xA0 : t[0] == 0xF0 ? 0x90 : 0x80;
    unsigned high = t[0] == 0xED ? 0x9F : t[0] == 0xF4 ? 0x8F : 0xBF;
    if (wanted == 1 || bytes < 2 || t[1] < low || t[1] > high) return 1;
    return wanted == 4 && bytes > 2 && (t[2] & 0xC0) == 0x80 ? 3 : 2;
}

qp_status qp_strings_lossy(qp_strings *s, const char *text, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        size_t good = qp_utf8_valid(text + at, bytes - at);
        QP_TRY(qp_strings_put(s, text + at, good));
        at += good;
        if (at == bytes) break;
        at += bad_length(text + at, bytes - at);
        QP_TRY(qp_strings_put(s, "\xEF\xBF\xBD", 3));
    }
    return QP_OK;
}
