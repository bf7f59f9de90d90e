#ifndef QP_PIECE_TEXTS_H
#define QP_PIECE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/status.h"

/* piece_texts — what each id decodes to, end to end, for fast joining. All zero: no ids. */
enum { QP_PIECE_SPARE = 16 }; /* bytes that may be read and written past a text */

typedef struct {
    char *text;
    uint32_t *start; /* start[id] .. start[id + 1] - 1 of text; text has QP_PIECE_SPARE bytes more */
    size_t count, text_capacity, start_capacity;
} qp_piece_texts;

void qp_piece_texts_free(qp_piece_texts *texts);

/* qp_piece_texts_add — the text of the next id. Errors: QP_EMEMORY; QP_EDATA for 2^32 bytes together. */
qp_status qp_piece_texts_add(qp_piece_texts *texts, const char *text, size_t bytes);

/* qp_piece_texts_length — the bytes of one id. */
static inline size_t qp_piece_texts_length(const qp_piece_texts *t, int32_t id)
{
    return t->start[id + 1] - t->start[id];
}

/* qp_piece_texts_put — writes the text of an id to `out` and returns where it ends; QP_PIECE_SPARE bytes after that
 * may be overwritten. */
static inline char *qp_piece_texts_put(const qp_piece_texts *t, int32_t id, char *out)
{
    const char *text = t->text + t->start[id];
    size_t bytes = qp_piece_texts_length(t, id);
    memcpy(out, text, QP_PIECE_SPARE);
    if (bytes > QP_PIECE_SPARE) memcpy(out + QP_PIECE_SPARE, text + QP_PIECE_SPARE, bytes - QP_PIECE_SPARE);
    return out + bytes;
}

#endif
