#ifndef QP_TEXT_STREAM_H
#define QP_TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"

/* text_stream — tokens in, text out, as early as it is certain: a character is held back until it is complete, the
 * beginning of a stop string until it is known to be none. Bytes that are no UTF-8 become U+FFFD. */
typedef struct {
    const qp_text_codec *codec;
    const char *const *stop; /* [stops] */
    int stops;
    bool running;   /* QP_EOS is a line feed */
    int from, read; /* text before `read` is there; decoding begins at `from`, for the spaces between */
    char part[4];   /* the bytes of an incomplete character */
    int part_bytes;
    char *text; /* NUL-terminated, or NULL: nothing yet */
    size_t bytes, capacity;
    size_t certain; /* bytes of it that will stay */
    bool stopped;   /* at a stop string; text ends before it */
} qp_text_stream;

/* qp_text_stream_begin — behind a prompt of `count` tokens, the text of which is not repeated.
 * qp_text_stream_add — the tokens up to `count`; grows text and certain.
 * qp_text_stream_end — nothing follows: what was held back is certain.
 * Errors  QP_EMEMORY, those of the codec. */
void qp_text_stream_begin(qp_text_stream *stream, const int32_t *id, int count);
qp_status qp_text_stream_add(qp_text_stream *stream, const int32_t *id, int count);
qp_status qp_text_stream_end(qp_text_stream *stream, const int32_t *id, int count);
void qp_text_stream_free(qp_text_stream *stream);

#endif
