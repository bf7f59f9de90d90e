#include "tokenizer/models/piece_texts.h"

#include <stdlib.h>

#include "lib/base/array.h"

void qp_piece_texts_free(qp_piece_texts *t)
{
    free(t->text);
    free(t->start);
    *t = (qp_piece_texts){0};
}

qp_status qp_piece_texts_add(qp_piece_texts *t, const char *text, size_t bytes)
{
    size_t used = t->count ? t->start[t->count] : 0;
    if (bytes > UINT32_MAX - used) return qp_fail(QP_EDATA, "tokenizer: the pieces have 2^32 bytes or more");
    if (!QP_GROW(t->text, t->text_capacity, used + bytes + QP_PIECE_SPARE) ||
        !QP_GROW(t->start, t->start_capacity, t->count + 2))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use a smaller vocabulary");
    if (bytes) memcpy(t->text + used, text, bytes);
    memset(t->text + used + bytes, 0, QP_PIECE_SPARE);
    t->start[t->count++] = (uint32_t)used;
    t->start[t->count] = (uint32_t)(used + bytes);
    return QP_OK;
}
