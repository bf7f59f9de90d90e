#ifndef QP_JSON_TEXT_H
#define QP_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* qp_json_text — any bytes as a JSON string; bytes that are not UTF-8 become U+FFFD. NULL: out of memory. */
json_t *qp_json_text(const char *text, size_t bytes);

/* qp_json_line — one object as one line on `stream`; takes over `object`. Numbers keep 8 digits.
 * Writing errors stay in the stream. */
void qp_json_line(FILE *stream, json_t *object);

/* qp_line_put — text that must stay one line: line feeds and carriage returns inside become spaces. No line end. */
void qp_line_put(FILE *stream, const char *text, size_t bytes);

#endif
