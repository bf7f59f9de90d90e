#ifndef QP_CHUNKS_H
#define QP_CHUNKS_H

#include "lib/base/file.h"
#include "lib/decode/lines.h"

/* chunks — the lines of one or several files, one chunk after the other, so that input of any length passes through
 * bounded memory. A terminal is answered line by line. */
typedef struct {
    const qp_line *line; /* [count], borrowed until the next chunk */
    int count;           /* 0: the end */

    char **file; /* for chunks.c */
    int files, file_number;
    int line_limit;    /* may be lowered, never raised */
    size_t text_limit; /* bytes of text that end a chunk */
    qp_reader *reader;
    qp_line *table;
    const char **path;
    int64_t *number;
    char *text;
    size_t text_capacity;
} qp_chunks;

/* qp_chunks_begin — read `files` files ("-": stdin; none: stdin), at most `line_limit` lines at a time.
 * qp_chunks_next  — the next chunk; ends early when it holds 16 MB of text.
 *   Errors  QP_ENOINPUT, QP_EIO, QP_EDATA from the reader; QP_EMEMORY.
 * qp_chunks_path, qp_chunks_number — where line i of this chunk stands, for messages. */
qp_status qp_chunks_begin(qp_chunks *chunks, char **file, int files, int line_limit);
qp_status qp_chunks_next(qp_chunks *chunks);
const char *qp_chunks_path(const qp_chunks *chunks, int i);
int64_t qp_chunks_number(const qp_chunks *chunks, int i);
void qp_chunks_end(qp_chunks *chunks);

#endif
