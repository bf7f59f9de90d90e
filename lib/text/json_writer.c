#define _GNU_SOURCE
#include "lib/text/json_writer.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"

static void separate(qp_text_buffer *buffer)
{
    if (buffer->failed || !buffer->bytes) return;
    char last = buffer->text[buffer->bytes - 1];
    bool ends_value = last == '"' || last == ']' || last == '}' || (last >= '0' && last <= '9') ||
                      (last >= 'a' && last <= 'z');
    if (ends_value) qp_text_put(buffer, ",", 1);
}

void qp_json_open(qp_text_buffer *buffer, char bracket)
{
    separate(buffer);
    qp_text_put(buffer, &bracket, 1);
}

void qp_json_close(qp_text_buffer *buffer, char bracket) { qp_text_put(buffer, &bracket, 1); }

/* The escape of one byte, or NULL if it needs none. */
static const char *escape_of(unsigned char byte, bool html, char hexadecimal[7])
{
    switch (byte) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    if (byte >= 0x20 && byte != 0x7F && !(html && (byte == '<' || byte == '>' || byte == '&' || byte == '\'')))
        return NULL;
    snprintf(hexadecimal, 7, "\\u%04x", (unsigned)byte);
    return hexadecimal;
}

/* Appends a string whose bytes are UTF-8. */
static void put_string(qp_text_buffer *buffer, const char *text, size_t bytes, bool html)
{
    char hexadecimal[7];
    size_t done = 0;
    separate(buffer);
    qp_text_put(buffer, "\"", 1);
    for (size_t i = 0; i < bytes; i++) {
        const char *escape = escape_of((unsigned char)text[i], html, hexadecimal);
        if (!escape) continue;
        qp_text_put(buffer, text + done, i - done);
        qp_text_add(buffer, escape);
        done = i + 1;
    }
    if (done < bytes) qp_text_put(buffer, text + done, bytes - done);
    qp_text_put(buffer, "\"", 1);
}

/* The number of bytes before the first that is not UTF-8. */
static size_t valid_bytes(const char *text, size_t bytes)
{
    size_t at = 0;
    for (size_t length; at < bytes; at += length)
        if (qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE) break;
    return at;
}

void qp_json_key(qp_text_buffer *buffer, const char *key)
{
    put_string(buffer, key, strlen(key), false);
    qp_text_put(buffer, ":", 1);
}

bool qp_json_string(qp_text_buffer *buffer, const char *text, size_t bytes)
{
    if (valid_bytes(text, bytes) < bytes) return false;
    put_string(buffer, text, bytes, false);
    return true;
}

/* A copy of the text with U+FFFD for each byte that is not UTF-8, as a string. */
static void put_repaired(qp_text_buffer *buffer, const char *text, size_t bytes, bool html)
{
    qp_text_buffer valid = {0};
    for (size_t at = 0; at < bytes;) {
        size_t good = valid_bytes(text + at, bytes - at);
        qp_text_put(&valid, text + at, good);
        at += good;
        if (at++ < bytes) qp_text_add(&valid, "\xEF\xBF\xBD");
    }
    if (valid.failed) buffer->failed = true;
    put_string(buffer, valid.text, valid.bytes, html);
    qp_text_free(&valid);
}

void qp_json_repaired(qp_text_buffer *buffer, const char *text, size_t bytes)
{
    if (!qp_json_string(buffer, text, bytes)) put_repaired(buffer, text, bytes, false);
}

void qp_json_in_html(qp_text_buffer *buffer, const char *text) { put_repaired(buffer, text, strlen(text), true); }

void qp_json_integer(qp_text_buffer *buffer, int64_t value)
{
    separate(buffer);
    qp_text_format(buffer, "%lld", (long long)value);
}

/* Prints a double with a point, whatever the locale of the calling program; true if it reads back as the same. */
static bool print_real(double value, int digits, char *text, size_t bytes)
{
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = plain ? uselocale(plain) : (locale_t)0;
    snprintf(text, bytes, "%.*g", digits, value);
    bool same = strtod(text, NULL) == value;
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return same;
}

static void put_real(qp_text_buffer *buffer, const char *text)
{
    separate(buffer);
    qp_text_format(buffer, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

void qp_json_real(qp_text_buffer *buffer, double value, int digits)
{
    char text[40];
    if (!isfinite(value)) {
        qp_json_null(buffer);
        return;
    }
    print_real(value, digits, text, sizeof text);
    put_real(buffer, text);
}

void qp_json_number(qp_text_buffer *buffer, double value)
{
    char text[40];
    if (!isfinite(value)) {
        qp_json_null(buffer);
        return;
    }
    for (int digits = 6; digits <= 17; digits++)
        if (print_real(value, digits, text, sizeof text)) break;
    put_real(buffer, text);
}

void qp_json_bool(qp_text_buffer *buffer, bool value)
{
    separate(buffer);
    qp_text_add(buffer, value ? "true" : "false");
}

void qp_json_null(qp_text_buffer *buffer)
{
    separate(buffer);
    qp_text_add(buffer, "null");
}

void qp_json_put_text(qp_text_buffer *buffer, const char *key, const char *text)
{
    qp_json_key(buffer, key);
    qp_json_repaired(buffer, text, strlen(text));
}

void qp_json_put_integer(qp_text_buffer *buffer, const char *key, int64_t value)
{
    qp_json_key(buffer, key);
    qp_json_integer(buffer, value);
}

void qp_json_put_real(qp_text_buffer *buffer, const char *key, double value)
{
    qp_json_key(buffer, key);
    qp_json_real(buffer, value, 8);
}

void qp_json_put_number(qp_text_buffer *buffer, const char *key, double value)
{
    qp_json_key(buffer, key);
    qp_json_number(buffer, value);
}

void qp_json_put_bool(qp_text_buffer *buffer, const char *key, bool value)
{
    qp_json_key(buffer, key);
    qp_json_bool(buffer, value);
}
