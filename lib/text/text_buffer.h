#ifndef QP_TEXT_BUFFER_H
#define QP_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

/* text_buffer — a growing text. An addition that finds no memory is remembered; the caller checks once, at the end.
 * Start from {0}. */
typedef struct {
    char *text;
    size_t bytes, room;
    bool failed;
} qp_text_buffer;

void qp_text_put(qp_text_buffer *buffer, const void *content, size_t bytes);
void qp_text_add(qp_text_buffer *buffer, const char *text);
void qp_text_repeat(qp_text_buffer *buffer, const char *text, int times);
void qp_text_format(qp_text_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Escaped: for text and attributes of HTML and SVG; as a JSON string with its quotes (also safe inside <script>). */
void qp_text_add_html(qp_text_buffer *buffer, const char *text);
void qp_text_add_json(qp_text_buffer *buffer, const char *text);
void qp_text_add_base64(qp_text_buffer *buffer, const unsigned char *byte, size_t bytes);

/* qp_text_finish — hand over the text, NUL-terminated, to be freed by the caller; QP_EMEMORY if anything was lost, and
 * then everything is freed. `bytes` may be NULL. */
qp_status qp_text_finish(qp_text_buffer *buffer, char **text, size_t *bytes);
void qp_text_free(qp_text_buffer *buffer);

#endif
