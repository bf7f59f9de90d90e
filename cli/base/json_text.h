#ifndef QP_JSON_TEXT_H
#define QP_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "lib/text/json_writer.h"

/* qp_json_line — writes one object as one line and frees it. Writing errors stay in the stream.
 * Errors  QP_EMEMORY, if any addition to `json` failed. */
qp_status qp_json_line(FILE *stream, qp_text_buffer *json);

/* qp_line_put — write text as one line: line feeds and carriage returns become spaces. Adds no line end. */
void qp_line_put(FILE *stream, const char *text, size_t bytes);

#endif
