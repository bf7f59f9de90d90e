#include "lib/text/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `bytes` more and a NUL; NULL if there is none. */
static char *reserve(qp_text_buffer *buffer, size_t bytes)
{
    if (buffer->failed) return NULL;
    if (buffer->room - buffer->bytes <= bytes) {
        size_t room = 2 * buffer->room + bytes + 256;
        char *grown = realloc(buffer->text, room);
        if (!grown) {
            buffer->failed = true;
            return NULL;
        }
        buffer->text = grown;
        buffer->room = room;
    }
    return buffer->text + buffer->bytes;
}

void qp_text_put(qp_text_buffer *buffer, const void *content, size_t bytes)
{
    char *to = reserve(buffer, bytes);
    if (!to) return;
    if (bytes) memcpy(to, content, bytes);
    buffer->bytes += bytes;
}

void qp_text_add(qp_text_buffer *buffer, const char *text) { qp_text_put(buffer, text, strlen(text)); }

void qp_text_repeat(qp_text_buffer *buffer, const char *text, int times)
{
    for (int i = 0; i < times; i++) qp_text_add(buffer, text);
}

void qp_text_format(qp_text_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *to = length < 0 ? NULL : reserve(buffer, (size_t)length + 1);
    if (!to) return;
    va_start(arguments, format);
    vsnprintf(to, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->bytes += (size_t)length;
}

void qp_text_add_html(qp_text_buffer *buffer, const char *text)
{
    for (; *text; text++) switch (*text) {
        case '&': qp_text_add(buffer, "&amp;"); break;
        case '<': qp_text_add(buffer, "&lt;"); break;
        case '>': qp_text_add(buffer, "&gt;"); break;
        case '"': qp_text_add(buffer, "&quot;"); break;
        case '\'': qp_text_add(buffer, "&#39;"); break;
        default: qp_text_put(buffer, text, 1);
        }
}

void qp_text_add_json(qp_text_buffer *buffer, const char *text)
{
    qp_text_put(buffer, "\"", 1);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            qp_text_format(buffer, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&' || c == '\'')
            qp_text_format(buffer, "\\u%04x", c);
        else
            qp_text_put(buffer, text, 1);
    }
    qp_text_put(buffer, "\"", 1);
}

void qp_text_add_base64(qp_text_buffer *buffer, const unsigned char *byte, size_t bytes)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = reserve(buffer, (bytes + 2) / 3 * 4);
    if (!to) return;
    buffer->bytes += (bytes + 2) / 3 * 4;
    for (size_t i = 0; i < bytes; i += 3, to += 4) {
        unsigned group = (unsigned)byte[i] << 16;
        if (i + 1 < bytes) group |= (unsigned)byte[i + 1] << 8;
        if (i + 2 < bytes) group |= byte[i + 2];
        to[0] = digit[group >> 18];
        to[1] = digit[group >> 12 & 63];
        to[2] = i + 1 < bytes ? digit[group >> 6 & 63] : '=';
        to[3] = i + 2 < bytes ? digit[group & 63] : '=';
    }
}

qp_status qp_text_finish(qp_text_buffer *buffer, char **text, size_t *bytes)
{
    char *end = reserve(buffer, 1);
    *text = NULL;
    if (!end) {
        qp_text_free(buffer);
        return qp_fail(QP_EMEMORY, "picture: out of memory; draw fewer or shorter sequences");
    }
    *end = '\0';
    *text = buffer->text;
    if (bytes) *bytes = buffer->bytes;
    *buffer = (qp_text_buffer){0};
    return QP_OK;
}

void qp_text_free(qp_text_buffer *buffer)
{
    free(buffer->text);
    *buffer = (qp_text_buffer){0};
}
