#include "data/batches/window_text.h"

#include <stdlib.h>
#include <string.h>

qp_status qp_window_text_init(qp_window_text *text, const qp_corpus *corpus, int64_t windows, int64_t length)
{
    const qp_corpus_side *side = &corpus->target;
    *text = (qp_window_text){.side = side, .tokens = side->start[corpus->sequences]};
    text->span = malloc(2 * (size_t)windows * sizeof *text->span);
    text->taken = malloc((size_t)windows * ((size_t)length + 1) * sizeof *text->taken);
    if (text->span && text->taken) return QP_OK;
    qp_window_text_free(text);
    return qp_fail(QP_EMEMORY, "windows: no memory for %lld tokens; use a smaller --batch-size",
                   (long long)(windows * length));
}

void qp_window_text_begin(qp_window_text *text) { text->windows = 0; }

void qp_window_text_add(qp_window_text *text, int64_t first, int64_t length)
{
    qp_elements *span = text->span + 2 * (ptrdiff_t)text->windows++;
    span[0] = (qp_elements){(first ? first : text->tokens) - 1, 1};
    span[1] = (qp_elements){first, length};
}

qp_status qp_window_text_take(qp_window_text *text, int32_t *id, int32_t *input)
{
    QP_TRY(qp_spread_take(&text->side->spread, text->side->id, sizeof *id, text->span, 2 * text->windows, text->taken));
    const int32_t *taken = text->taken;
    for (int i = 0; i < text->windows; i++) {
        size_t length = (size_t)text->span[2 * i + 1].count;
        memcpy(input, taken, length * sizeof *input);
        memcpy(id, taken + 1, length * sizeof *id);
        taken += length + 1;
        input += length;
        id += length;
    }
    return QP_OK;
}

void qp_window_text_free(qp_window_text *text)
{
    free(text->span);
    free(text->taken);
    *text = (qp_window_text){0};
}
