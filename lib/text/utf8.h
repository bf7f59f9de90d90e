#ifndef QP_UTF8_H
#define QP_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* utf8 — strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
 * A byte that does not begin a valid sequence is reported alone, so that callers can keep it. */

enum { QP_INVALID_CODE = -1 };

/* qp_utf8_next — the code point at text[0] and its length in *length; QP_INVALID_CODE and length 1 for a bad byte.
 * bytes > 0 is what is left of the text. */
static inline int32_t qp_utf8_next(const char *text, size_t bytes, size_t *length)
{
    const unsigned char *t = (const unsigned char *)text;
    *length = 1;
    if (t[0] < 0x80) return t[0];
    if (t[0] < 0xC2 || t[0] > 0xF4) return QP_INVALID_CODE;
    if (bytes < 2 || (t[1] & 0xC0) != 0x80) return QP_INVALID_CODE;
    if (t[0] < 0xE0) {
        *length = 2;
        return (t[0] & 0x1F) << 6 | (t[1] & 0x3F);
    }
    if (bytes < 3 || (t[2] & 0xC0) != 0x80) return QP_INVALID_CODE;
    if (t[0] < 0xF0) {
        int32_t code = (t[0] & 0x0F) << 12 | (t[1] & 0x3F) << 6 | (t[2] & 0x3F);
        if (code < 0x800 || (code >= 0xD800 && code < 0xE000)) return QP_INVALID_CODE;
        *length = 3;
        return code;
    }
    if (bytes < 4 || (t[3] & 0xC0) != 0x80) return QP_INVALID_CODE;
    int32_t code = (t[0] & 0x07) << 18 | (t[1] & 0x3F) << 12 | (t[2] & 0x3F) << 6 | (t[3] & 0x3F);
    if (code < 0x10000 || code > 0x10FFFF) return QP_INVALID_CODE;
    *length = 4;
    return code;
}

/* qp_utf8_before — the code point before text[at], with its length; QP_INVALID_CODE for bytes that are none, which are
 * taken back to the last one that could begin a character. at > 0. */
static inline int32_t qp_utf8_before(const char *text, size_t at, size_t *length)
{
    size_t used;
    *length = 1;
    while (*length < at && ((unsigned char)text[at - *length] & 0xC0) == 0x80) ++*length;
    return qp_utf8_next(text + at - *length, *length, &used);
}

/* qp_utf8_valid — how many bytes from the beginning are UTF-8. */
static inline size_t qp_utf8_valid(const char *text, size_t bytes)
{
    size_t at = 0, length;
    while (at < bytes) {
        uint64_t eight;
        if (bytes - at >= sizeof eight && (memcpy(&eight, text + at, sizeof eight), !(eight & 0x8080808080808080u)))
            at += sizeof eight;
        else if (qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE)
            break;
        else
            at += length;
    }
    return at;
}

/* qp_utf8_write — `code` as UTF-8 into text[0..3]; the number of bytes written. */
static inline size_t qp_utf8_write(int32_t code, char *text)
{
    if (code < 0x80) {
        text[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        text[0] = (char)(0xC0 | code >> 6);
        text[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        text[0] = (char)(0xE0 | code >> 12);
        text[1] = (char)(0x80 | (code >> 6 & 0x3F));
        text[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    text[0] = (char)(0xF0 | code >> 18);
    text[1] = (char)(0x80 | (code >> 12 & 0x3F));
    text[2] = (char)(0x80 | (code >> 6 & 0x3F));
    text[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

#endif
