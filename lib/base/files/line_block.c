#include "lib/base/files/line_block.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

qp_status qp_line_block_add(qp_line_block *b, const char *line, size_t bytes)
{
    if (!QP_GROW(b->text, b->capacity, b->bytes + bytes + 1) || !QP_GROW(b->start, b->start_capacity, b->count + 2))
        return qp_fail(QP_EMEMORY, "out of memory for lines; use fewer at once");
    if (b->count == 0) b->start[0] = 0;
    if (bytes) memcpy(b->text + b->bytes, line, bytes);
    b->text[b->bytes + bytes] = '\0';
    b->bytes += bytes + 1;
    b->start[++b->count] = b->bytes;
    return QP_OK;
}

void qp_line_block_free(qp_line_block *b)
{
    free(b->text);
    free(b->start);
    *b = (qp_line_block){0};
}

size_t qp_line_block_part(const qp_line_block *b, size_t part, size_t parts)
{
    size_t place = b->bytes / parts * part, low = 0, high = b->count;
    if (part >= parts) return b->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->start[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
