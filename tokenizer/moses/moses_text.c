#define _GNU_SOURCE /* memmem */
#include "tokenizer/moses/moses_text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

void qp_moses_text_free(qp_moses_text *t)
{
    free(t->text);
    free(t->work);
    *t = (qp_moses_text){0};
}

void qp_moses_text_add(qp_moses_text *t, const char *text, size_t bytes)
{
    t->failed = t->failed || !QP_GROW(t->work, t->work_capacity, t->made + bytes + 1);
    if (t->failed) return;
    if (bytes) memcpy(t->work + t->made, text, bytes);
    t->made += bytes;
}

void qp_moses_text_turn(qp_moses_text *t)
{
    char *text = t->text;
    size_t capacity = t->capacity;
    if (t->failed) return;
    t->text = t->work;
    t->bytes = t->made;
    t->capacity = t->work_capacity;
    t->work = text;
    t->work_capacity = capacity;
    t->made = 0;
}

void qp_moses_text_set(qp_moses_text *t, const char *text, size_t bytes)
{
    t->made = 0;
    qp_moses_text_add(t, text, bytes);
    qp_moses_text_turn(t);
}

qp_status qp_moses_text_take(qp_moses_text *t, char **text, size_t *bytes)
{
    bool failed = t->failed || !QP_GROW(t->text, t->capacity, t->bytes + 1);
    *text = NULL;
    *bytes = 0;
    if (!failed) {
        *text = t->text;
        *bytes = t->bytes;
        t->text[t->bytes] = '\0';
        t->text = NULL;
    }
    qp_moses_text_free(t);
    return failed ? qp_fail(QP_EMEMORY, "moses: out of memory; use shorter lines") : QP_OK;
}

int32_t qp_moses_code(const qp_moses_text *t, size_t at, size_t *length)
{
    return qp_utf8_next(t->text + at, t->bytes - at, length);
}

/* ---- rules ---- */

void qp_moses_replace(qp_moses_text *t, const char *from, const char *to)
{
    size_t from_bytes = strlen(from), to_bytes = strlen(to), done = 0;
    if (t->failed || t->bytes == 0 || !memmem(t->text, t->bytes, from, from_bytes)) return;
    for (;;) {
        const char *at = memmem(t->text + done, t->bytes - done, from, from_bytes);
        if (!at) break;
        qp_moses_text_add(t, t->text + done, (size_t)(at - t->text) - done);
        qp_moses_text_add(t, to, to_bytes);
        done = (size_t)(at - t->text) + from_bytes;
    }
    qp_moses_text_add(t, t->text + done, t->bytes - done);
    qp_moses_text_turn(t);
}

void qp_moses_squeeze(qp_moses_text *t, bool trim)
{
    size_t made = 0;
    if (t->failed) return;
    for (size_t i = 0; i < t->bytes; i++) {
        if (t->text[i] == ' ' && (made > 0 ? t->text[made - 1] == ' ' : trim)) continue;
        t->text[made++] = t->text[i];
    }
    if (trim && made > 0 && t->text[made - 1] == ' ') made--;
    t->bytes = made;
}

void qp_moses_between(qp_moses_text *t, qp_moses_class left, const char *sign, qp_moses_class right, bool again,
                      const char *to)
{
    size_t sign_bytes = strlen(sign), done = 0, length;
    if (t->failed) return;
    for (size_t at = 0; at + sign_bytes <= t->bytes;) {
        size_t begin = at, after;
        if (left) { /* the character at `at` is the left one */
            bool fits = left(qp_moses_code(t, at, &length));
            begin = at + length;
            if (!fits) {
                at = begin;
                continue;
            }
        }
        after = begin + sign_bytes;
        bool found = after <= t->bytes && memcmp(t->text + begin, sign, sign_bytes) == 0;
        if (found && right) {
            found = after < t->bytes && right(qp_moses_code(t, after, &length));
            if (found && !again) after += length;
        }
        if (!found) {
            qp_moses_code(t, at, &length);
            at += length;
            continue;
        }
        qp_moses_text_add(t, t->text + done, begin - done);
        qp_moses_text_add(t, to, strlen(to));
        done = begin + sign_bytes;
        at = after;
    }
    qp_moses_text_add(t, t->text + done, t->bytes - done);
    qp_moses_text_turn(t);
}

/* ---- classes ---- */

bool qp_moses_alpha(int32_t code)
{
    if (code < 0x80) return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
    return qp_is_alphabetic(code);
}

bool qp_moses_alnum(int32_t code)
{
    if (code < 0x80) return qp_moses_alpha(code) || (code >= '0' && code <= '9');
    return qp_is_alphabetic(code) || utf8proc_category(code) == UTF8PROC_CATEGORY_ND;
}

bool qp_moses_number(int32_t code)
{
    if (code < 0x80) return code >= '0' && code <= '9';
    utf8proc_category_t c = utf8proc_category(code);
    return c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
}

bool qp_moses_not_alpha(int32_t code) { return !qp_moses_alpha(code); }

bool qp_moses_not_number(int32_t code) { return !qp_moses_number(code); }

bool qp_moses_not_alpha_number(int32_t code) { return !qp_moses_alpha(code) && !qp_moses_number(code); }
