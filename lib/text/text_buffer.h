#ifndef QP_TEXT_BUFFER_H
#define QP_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

/* text_buffer — the one growing text: files, JSON (json_writer.h), HTML and SVG are written into it. When memory runs
 * out, `failed` is set and later additions do nothing; callers check once, with qp_text_finish. An all-zero struct is
 * an empty buffer. */
typedef struct {
    char *text; /* not NUL-terminated before qp_text_finish */
    size_t bytes, capacity;
    bool failed;
} qp_text_buffer;

/* qp_text_put      — appends bytes.
 * qp_text_add      — appends a NUL-terminated text.
 * qp_text_repeat   — appends a text `times` times.
 * qp_text_format   — appends as printf prints.
 * qp_text_add_html — appends a text escaped for the content and the attributes of HTML and SVG.
 * qp_text_join     — appends another buffer and frees it; fails if that one has failed. */
void qp_text_put(qp_text_buffer *buffer, const void *content, size_t bytes);
void qp_text_add(qp_text_buffer *buffer, const char *text);
void qp_text_repeat(qp_text_buffer *buffer, const char *text, int times);
void qp_text_format(qp_text_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void qp_text_add_html(qp_text_buffer *buffer, const char *text);
void qp_text_join(qp_text_buffer *buffer, qp_text_buffer *other);

/* qp_text_room — room for `bytes` more, to be written by the caller, who then adds to buffer->bytes; NULL without
 * memory. */
char *qp_text_room(qp_text_buffer *buffer, size_t bytes);

/* qp_text_finish — hands over the text, malloc'ed and NUL-terminated; the buffer is empty again. `bytes` may be NULL.
 * Errors  QP_EMEMORY if any addition failed; everything is freed then. */
qp_status qp_text_finish(qp_text_buffer *buffer, char **text, size_t *bytes);
void qp_text_free(qp_text_buffer *buffer);

#endif
