#include "lib/text/changes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

void qp_changes_free(qp_changes *changes)
{
    free(changes->list);
    *changes = (qp_changes){0};
}

qp_status qp_changes_add(qp_changes *changes, int32_t code, int change)
{
    if (!QP_GROW(changes->list, changes->capacity, changes->count + 1))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    changes->list[changes->count++] = (struct qp_change){code, change};
    return QP_OK;
}

int32_t qp_changes_code(const char *text, size_t bytes, size_t *length)
{
    int32_t code = qp_utf8_next(text, bytes, length);
    return code == QP_INVALID_CODE ? -1 - (unsigned char)text[0] : code;
}

static size_t length_at(const qp_mapped_text *from, size_t at, size_t end)
{
    size_t length;
    if (at >= end) return 0;
    qp_utf8_next(from->text + at, end - at, &length);
    return length;
}

qp_status qp_changes_apply(const qp_changes *changes, const qp_mapped_text *from, size_t begin, size_t end,
                           size_t skipped, qp_mapped_text *out)
{
    size_t at = begin + skipped;
    for (size_t i = 0; i < changes->count; i++) {
        int change = changes->list[i].change;
        int32_t code = changes->list[i].code;
        uint32_t span_begin = 0, span_end = 0;
        size_t source = change > 0 ? at - 1 : at;
        if ((change > 0 && at > begin) || (change <= 0 && at < end)) {
            span_begin = from->begin[source];
            span_end = from->end[source];
        }
        if (change <= 0) at += length_at(from, at, end);
        for (int k = change; k < 0; k++) at += length_at(from, at, end);
        char text[4];
        size_t bytes = 1;
        if (code < 0)
            text[0] = (char)(-1 - code);
        else
            bytes = qp_utf8_write(code, text);
        QP_TRY(qp_mapped_text_add(out, text, bytes, span_begin, span_end, false));
    }
    return QP_OK;
}

qp_status qp_changes_copy(const qp_mapped_text *from, size_t begin, size_t end, qp_mapped_text *out)
{
    size_t start = out->bytes;
    if (begin == end) return QP_OK;
    QP_TRY(qp_mapped_text_add(out, from->text + begin, end - begin, 0, 0, false));
    memcpy(out->begin + start, from->begin + begin, (end - begin) * sizeof *out->begin);
    memcpy(out->end + start, from->end + begin, (end - begin) * sizeof *out->end);
    return QP_OK;
}
