#include "lib/picture/label.h"

#include <string.h>
#include <utf8proc.h>

static void put_code(qp_text_buffer *buffer, utf8proc_int32_t code)
{
    utf8proc_uint8_t byte[4];
    utf8proc_ssize_t bytes = utf8proc_encode_char(code, byte);
    qp_text_put(buffer, byte, (size_t)bytes);
}

static bool is_mark(utf8proc_int32_t code)
{
    utf8proc_category_t k = utf8proc_category(code);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

static bool is_unprintable(utf8proc_int32_t code)
{
    if (code == 0x200C || code == 0x200D) return false; /* joiners are part of Indic scripts and emoji */
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    default: return false;
    }
}

void qp_label_clean(qp_text_buffer *buffer, const char *text)
{
    size_t rest = strlen(text);
    if (rest == 0) qp_text_add(buffer, "∅");
    for (bool first = true; rest > 0; first = false) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)rest, &code);
        if (used < 0) {
            qp_text_format(buffer, "<0x%02X>", (unsigned char)*text);
            used = 1;
        } else if (code == '\n' || code == '\r') {
            qp_text_add(buffer, "↵");
        } else if (code == '\t') {
            qp_text_add(buffer, "⇥");
        } else if (utf8proc_category(code) == UTF8PROC_CATEGORY_ZS) {
            qp_text_add(buffer, QP_LABEL_SPACE);
        } else if (is_unprintable(code)) {
            qp_text_format(buffer, "<U+%04X>", (unsigned)code);
        } else {
            if (first && is_mark(code)) qp_text_add(buffer, "◌");
            put_code(buffer, code);
        }
        text += used;
        rest -= (size_t)used;
    }
}

int qp_label_next(const char *text, int *width)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t last, code, state = 0;
    *width = 0;
    utf8proc_ssize_t bytes = *text ? utf8proc_iterate(at, -1, &last) : 0;
    if (bytes <= 0) return 0;
    *width = utf8proc_charwidth(last);
    while (at[bytes]) {
        utf8proc_ssize_t used = utf8proc_iterate(at + bytes, -1, &code);
        if (used < 0 || utf8proc_grapheme_break_stateful(last, code, &state)) break;
        int own = utf8proc_charwidth(code);
        if (own > *width) *width = own; /* several emoji joined into one are as wide as one */
        last = code;
        bytes += used;
    }
    return (int)bytes;
}

int qp_label_width(const char *text)
{
    int sum = 0, width, bytes;
    for (; (bytes = qp_label_next(text, &width)) > 0; text += bytes) sum += width;
    return sum;
}

int qp_label_length(const char *text)
{
    int length = 0, width, bytes;
    for (; (bytes = qp_label_next(text, &width)) > 0; text += bytes) length++;
    return length;
}

bool qp_label_is_space(const char *text)
{
    return strncmp(text, "▁", strlen("▁")) == 0 || strncmp(text, QP_LABEL_SPACE, strlen(QP_LABEL_SPACE)) == 0;
}

int qp_label_fit(qp_text_buffer *buffer, const char *text, int columns)
{
    enum { DOTS = 2 };
    bool whole = qp_label_width(text) <= columns;
    int room = whole ? columns : columns - DOTS, used = 0, width, bytes;
    for (; (bytes = qp_label_next(text, &width)) > 0 && used + width <= room; text += bytes) {
        if (qp_label_is_space(text))
            qp_text_add(buffer, QP_LABEL_SPACE);
        else
            qp_text_put(buffer, text, (size_t)bytes);
        used += width;
    }
    int dots = whole ? 0 : columns < DOTS ? columns : DOTS;
    qp_text_repeat(buffer, ".", dots);
    return used + dots;
}
