#ifndef QP_LINE_SOURCE_H
#define QP_LINE_SOURCE_H

#include <stddef.h>

#include "lib/base/file.h"
#include "lib/base/status.h"

/* line_source — where training reads its lines.
 *
 * A source gives the next line; *line is NULL at the end. A line is valid until the next call and may contain any
 * bytes. */
typedef qp_status (*qp_line_source)(void *self, const char **line, size_t *bytes);

/* The lines of several files, plain or gzipped, one file after the other. */
typedef struct {
    const char *const *path;
    int count, next;
    qp_reader *reader;
} qp_file_lines;

/* qp_file_lines_next — a qp_line_source whose self is a qp_file_lines. Errors: those of lib/base/file.h. */
qp_status qp_file_lines_next(void *self, const char **line, size_t *bytes);
void qp_file_lines_close(qp_file_lines *files);

#endif
