#include "lib/text/json_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

void qp_json_out_free(qp_json_out *out)
{
    free(out->text);
    *out = (qp_json_out){0};
}

void qp_json_out_raw(qp_json_out *out, const char *text, size_t bytes)
{
    if (out->failed || !QP_GROW(out->text, out->capacity, out->bytes + bytes + 1)) {
        out->failed = true;
        return;
    }
    if (bytes) memcpy(out->text + out->bytes, text, bytes);
    out->bytes += bytes;
}

void qp_json_out_format(qp_json_out *out, const char *format, ...)
{
    char stack[512];
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int bytes = vsnprintf(stack, sizeof stack, format, list);
    va_end(list);
    if (bytes >= 0 && (size_t)bytes < sizeof stack) {
        qp_json_out_raw(out, stack, (size_t)bytes);
    } else if (bytes < 0 || !QP_GROW(out->text, out->capacity, out->bytes + (size_t)bytes + 1)) {
        out->failed = true;
    } else {
        vsnprintf(out->text + out->bytes, (size_t)bytes + 1, format, again);
        out->bytes += (size_t)bytes;
    }
    va_end(again);
}

bool qp_json_out_string(qp_json_out *out, const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        if (qp_utf8_next(text + at, bytes - at, &length) < 0) return false;
    }
    qp_json_out_raw(out, "\"", 1);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            qp_json_out_format(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7F) {
            qp_json_out_format(out, "\\u%04x", (unsigned)c);
        } else {
            qp_json_out_raw(out, text + i, 1);
        }
    }
    qp_json_out_raw(out, "\"", 1);
    return true;
}

void qp_json_out_number(qp_json_out *out, double value)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    qp_json_out_format(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

qp_status qp_json_out_take(qp_json_out *out, char **text, size_t *bytes)
{
    *text = NULL;
    *bytes = 0;
    qp_json_out_raw(out, "", 0);
    if (out->failed) {
        qp_json_out_free(out);
        return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
    }
    out->text[out->bytes] = '\0';
    *text = out->text;
    *bytes = out->bytes;
    *out = (qp_json_out){0};
    return QP_OK;
}
