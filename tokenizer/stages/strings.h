#ifndef QP_STRINGS_H
#define QP_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* strings — the strings of tokens, which the decoders change one after the other. Start from all zero. */
typedef struct {
    char *text;
    size_t bytes, capacity;
    size_t *end; /* where each string ends */
    size_t count, end_capacity;
    bool keeps_bytes; /* the text that is decoded need not be UTF-8 (tiktoken) */
} qp_strings;

void qp_strings_free(qp_strings *strings);

/* qp_strings_put      — append to the last string, which is not ended yet.
 * qp_strings_end      — end it.
 * qp_strings_get      — string i.
 * qp_strings_replaced — append a text with every `old` replaced by `fresh`; an empty `old` is never found.
 * qp_strings_lossy    — append bytes; each longest prefix of an invalid character becomes one U+FFFD.
 * Errors  QP_EMEMORY. */
qp_status qp_strings_put(qp_strings *strings, const char *text, size_t bytes);
qp_status qp_strings_end(qp_strings *strings);
qp_text qp_strings_get(const qp_strings *strings, size_t i);
qp_status qp_strings_replaced(qp_strings *strings, qp_text text, qp_text old, qp_text fresh);
qp_status qp_strings_lossy(qp_strings *strings, const char *text, size_t bytes);

#endif
