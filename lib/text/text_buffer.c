#include "lib/text/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

char *qp_text_room(qp_text_buffer *buffer, size_t bytes)
{
    if (buffer->failed || bytes > SIZE_MAX / 2 || !QP_GROW(buffer->text, buffer->capacity, buffer->bytes + bytes + 1)) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->text + buffer->bytes;
}

void qp_text_put(qp_text_buffer *buffer, const void *content, size_t bytes)
{
    char *to = qp_text_room(buffer, bytes);
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
    char piece[512];
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(piece, sizeof piece, format, list);
    va_end(list);
    if (length < 0) {
        buffer->failed = true;
    } else if ((size_t)length < sizeof piece) {
        qp_text_put(buffer, piece, (size_t)length);
    } else {
        char *to = qp_text_room(buffer, (size_t)length);
        if (to) vsnprintf(to, (size_t)length + 1, format, again);
        if (to) buffer->bytes += (size_t)length;
    }
    va_end(again);
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

void qp_text_join(qp_text_buffer *buffer, qp_text_buffer *other)
{
    if (other->failed) buffer->failed = true;
    qp_text_put(buffer, other->text, other->bytes);
    qp_text_free(other);
}

qp_status qp_text_finish(qp_text_buffer *buffer, char **text, size_t *bytes)
{
    char *end = qp_text_room(buffer, 0);
    *text = NULL;
    if (bytes) *bytes = 0;
    if (!end) {
        qp_text_free(buffer);
        return qp_fail(QP_EMEMORY, "out of memory while writing a text");
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
