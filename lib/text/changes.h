#ifndef QP_CHANGES_H
#define QP_CHANGES_H

#include "lib/text/normalize.h"

/* changes — new characters for a stretch of text, each with the number of old characters it stands for: change 0 takes
 * the place of one old character, change +n takes no old character and shares the span of the one before, change -n
 * takes the place of one and of the n behind it. So spans into the original survive any chain of stages. */
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

/* qp_changes_apply — append to `out` what becomes of from->text[begin..end); the first `skipped` bytes of the stretch
 * are gone before the first change. */
qp_status qp_changes_apply(const qp_changes *changes, const qp_mapped_text *from, size_t begin, size_t end,
                           size_t skipped, qp_mapped_text *out);

/* qp_changes_copy — append from->text[begin..end) with its spans. */
qp_status qp_changes_copy(const qp_mapped_text *from, size_t begin, size_t end, qp_mapped_text *out);

#endif
