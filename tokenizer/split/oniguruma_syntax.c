#include "tokenizer/split/oniguruma_syntax.h"

#include <string.h>

enum { DEEPEST = 256 }; /* nested groups; more than regex_syntax.c reads */

static void insert(qp_text_buffer *out, size_t at, const char *text)
{
    size_t bytes = strlen(text);
    qp_text_put(out, text, bytes);
    if (out->failed) return;
    memmove(out->text + at + bytes, out->text + at, out->bytes - bytes - at);
    memcpy(out->text + at, text, bytes);
}

/* The length of \x, \p{..}, \x{..} */
static size_t escape_length(const char *text, size_t bytes)
{
    if (bytes < 3 || text[2] != '{' || !strchr("pPxu", text[1])) return bytes < 2 ? bytes : 2;
    const char *end = memchr(text, '}', bytes);
    return end ? (size_t)(end - text) + 1 : bytes;
}

/* The length of a class with those inside it; a ] right after [ is a member. */
static size_t class_length(const char *text, size_t bytes)
{
    size_t at = 0;
    int depth = 0;
    while (at < bytes) {
        if (text[at] == '\\') {
            at += escape_length(text + at, bytes - at);
        } else if (text[at] == '[') {
            depth++;
            at++;
            if (at < bytes && text[at] == '^') at++;
            if (at < bytes && text[at] == ']') at++;
        } else if (text[at++] == ']' && --depth == 0) {
            return at;
        }
    }
    return bytes;
}

/* {m,n} with a + after it; `atom` is where the repeated item begins in the output. Returns the bytes that were read. */
static size_t count(const char *text, size_t bytes, size_t atom, qp_text_buffer *out)
{
    const char *end = memchr(text, '}', bytes);
    size_t length = end ? (size_t)(end - text) + 1 : bytes;
    qp_text_put(out, text, length);
    if (length == bytes || text[length] != '+') return length;
    insert(out, atom, "(?>");
    qp_text_put(out, ")", 1);
    return length + 1;
}

static size_t one_length(const char *text, size_t bytes)
{
    if (text[0] == '\\') return escape_length(text, bytes);
    if (text[0] == '[') return class_length(text, bytes);
    size_t length = 1;
    while (length < bytes && ((unsigned char)text[length] & 0xC0) == 0x80) length++;
    return length;
}

void qp_oniguruma_syntax(const char *pattern, size_t bytes, qp_text_buffer *out)
{
    size_t group[DEEPEST], depth = 0, atom = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        length = 1;
        switch (pattern[at]) {
        case '(':
            if (depth < DEEPEST) group[depth] = out->bytes;
            depth++;
            qp_text_put(out, "(", 1);
            break;
        case ')':
            if (depth > 0 && --depth < DEEPEST) atom = group[depth];
            qp_text_put(out, ")", 1);
            break;
        case '^': qp_text_put(out, "\\A", 2); break;
        case '$': qp_text_put(out, "\\z", 2); break;
        case '{': length = count(pattern + at, bytes - at, atom, out); break;
        case '|':
        case '*':
        case '+':
        case '?': qp_text_put(out, pattern + at, 1); break;
        default:
            atom = out->bytes;
            length = one_length(pattern + at, bytes - at);
            qp_text_put(out, pattern + at, length);
        }
    }
}
