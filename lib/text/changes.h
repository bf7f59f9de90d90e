#ifndef QP_CHANGES_H
#define QP_CHANGES_H

#include "lib/text/normalize.h"

/* changes — the new characters of a piece of text, each with the old characters it replaces: with change 0 one, with
 * change +n none (it shares the span of the character before), with change -n one and the n after it. So spans into the
 * original survive any sequence of stages. */
typedef struct {
    struct qp_change {
        int32_t code; /* a bad byte b is kept as -1 - b */
        int change;
    } * list;
    size_t count, capacity;
} qp_changes;

void qp_changes_free(qp_changes *changes);
qp_status qp_changes_add(qp_changes *changes, int32_t code, int change);

/* qp_changes_code — the character at text[0] as `code` of a change, its length in *length. */
int32_t qp_changes_code(const char *text, size_t bytes, size_t *length);

/* qp_changes_apply — appends to `out` what from->text[begin..end) becomes; its first `skipped` bytes are dropped. */
qp_status qp_changes_apply(const qp_changes *changes, const qp_mapped_text *from, size_t begin, size_t end,
                           size_t skipped, qp_mapped_text *out);

/* qp_changes_copy — appends from->text[begin..end) with its spans. */
qp_status qp_changes_copy(const qp_mapped_text *from, size_t begin, size_t end, qp_mapped_text *out);

#endif
