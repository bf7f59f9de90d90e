#ifndef QP_CHUNKS_H
#define QP_CHUNKS_H

#include "lib/base/file.h"
#include "lib/decode/lines.h"

/* chunks — reads the lines of one or several files in chunks, so that input of any length needs bounded memory. They
 * must be UTF-8. A chunk ends where a terminal or a pipe has no further line yet, so that each line is answered at
 * once; a file is read in full chunks. */
typedef struct {
    const qp_line *line; /* [count], borrowed until the next chunk */
    int count;           /* 0: the end */

    char **file; /* for chunks.c */
    int files, file_number;
    int line_limit;    /* may be lowered, not raised */
    bool patient;      /* wait for line_limit lines, also of a pipe */
    size_t text_limit; /* a chunk ends after this many bytes of text */
    qp_reader *reader;
    qp_line *table;
    const char **path;
    int64_t *number;
    char *text;
    size_t text_capacity;
} qp_chunks;

/* qp_chunks_begin — read `files` files ("-": stdin; none: stdin), at most `line_limit` lines at a time.
 * qp_chunks_next  — the next chunk; ends early at 16 MB of text.
 *   Errors  QP_ENOINPUT, QP_EIO, QP_EDATA from the reader; QP_EMEMORY.
 * qp_chunks_path, qp_chunks_number — file and line number of line i of this chunk, for messages. */
qp_status qp_chunks_begin(qp_chunks *chunks, char **file, int files, int line_limit);
qp_status qp_chunks_next(qp_chunks *chunks);
const char *qp_chunks_path(const qp_chunks *chunks, int i);
int64_t qp_chunks_number(const qp_chunks *chunks, int i);
void qp_chunks_end(qp_chunks *chunks);

#endif
