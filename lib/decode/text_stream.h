#ifndef QP_TEXT_STREAM_H
#define QP_TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/batch.h"

/* text_stream — tokens in, text out as soon as the text is final: an incomplete character is held back until it is
 * complete, and what may begin a stop string until it is known not to. Bytes that are not UTF-8 become U+FFFD. */
typedef struct {
    const qp_text_codec *codec;
    const char *const *stop; /* [stops] */
    int stops;
    bool running; /* the end is a line feed */
    int read;     /* tokens before this one are in the text */
    int from;     /* decoding begins here, so that spaces between tokens are right */
    char part[4]; /* the bytes of an incomplete character */
    int part_bytes;
    char *text; /* NUL-terminated, or NULL while there is none; malloc'ed, freed by the caller */
    size_t bytes, capacity;
    size_t certain; /* bytes of it that are final */
    bool stopped;   /* a stop string was found; the text ends before it */
} qp_text_stream;

/* qp_text_stream_begin — start after a prompt id [count], whose text is not repeated.
 * qp_text_stream_add — add the text of the tokens up to `count`; id [count] includes the prompt.
 * qp_text_stream_end — no token follows: what was held back becomes final.
 * Errors  QP_EMEMORY, those of the codec. */
void qp_text_stream_begin(qp_text_stream *stream, const int32_t *id, int count);
qp_status qp_text_stream_add(qp_text_stream *stream, const int32_t *id, int count);
qp_status qp_text_stream_end(qp_text_stream *stream, const int32_t *id, int count);

#endif
