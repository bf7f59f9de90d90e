#ifndef QP_LINE_BLOCK_H
#define QP_LINE_BLOCK_H

#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* line_block — a stretch of lines in memory, cut into parts of about equal size for several threads (share.h).
 * Line i is text[start[i] .. start[i + 1] - 1), followed by NUL. Zero it before the first use. */
typedef struct {
    char *text;
    size_t *start;
    size_t bytes, count; /* bytes include a NUL for each line */
    size_t capacity, start_capacity;
} qp_line_block;

/* qp_line_block_add — append a copy of a line. Errors: QP_EMEMORY. */
qp_status qp_line_block_add(qp_line_block *block, const char *line, size_t bytes);
void qp_line_block_free(qp_line_block *block);

static inline void qp_line_block_clear(qp_line_block *block) { block->bytes = block->count = 0; }

static inline qp_text qp_line_block_line(const qp_line_block *block, size_t i)
{
    return (qp_text){block->text + block->start[i], block->start[i + 1] - block->start[i] - 1};
}

/* qp_line_block_part — the first line of part 0 .. parts; part `parts` begins at the end. */
size_t qp_line_block_part(const qp_line_block *block, size_t part, size_t parts);

#endif
