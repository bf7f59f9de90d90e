#ifndef QP_MOSES_TEXT_H
#define QP_MOSES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* moses_text — a line being rewritten again and again, for moses*.c. Every function is one rule over the whole line;
 * after the first failure nothing more happens, and qp_moses_text_take tells. */
typedef struct {
    char *text, *work;
    size_t bytes, capacity, made, work_capacity;
    bool failed;
} qp_moses_text;

typedef bool (*qp_moses_class)(int32_t code);

/* qp_moses_text_set    — begin with this line.
 * qp_moses_text_take   — the line, malloc'ed and NUL-terminated; frees the rest. Errors: QP_EMEMORY.
 * qp_moses_text_add    — append to the line under way.    qp_moses_text_turn — it becomes the line. */
void qp_moses_text_set(qp_moses_text *t, const char *text, size_t bytes);
qp_status qp_moses_text_take(qp_moses_text *t, char **text, size_t *bytes);
void qp_moses_text_free(qp_moses_text *t);
void qp_moses_text_add(qp_moses_text *t, const char *text, size_t bytes);
void qp_moses_text_turn(qp_moses_text *t);

/* qp_moses_replace — every `from` becomes `to`.
 * qp_moses_squeeze — runs of spaces become one; trim: none at either end.
 * qp_moses_between — every `sign` between a character of `left` and one of `right` (either may be NULL: none is looked
 *                    at) becomes `to`; a character looked at on the right is not looked at again on the left, unless
 *                    `again`.
 * qp_moses_code    — the character at text[at], its length in *length. */
void qp_moses_replace(qp_moses_text *t, const char *from, const char *to);
void qp_moses_squeeze(qp_moses_text *t, bool trim);
void qp_moses_between(qp_moses_text *t, qp_moses_class left, const char *sign, qp_moses_class right, bool again,
                      const char *to);
int32_t qp_moses_code(const qp_moses_text *t, size_t at, size_t *length);

/* Perl's \p{IsAlpha}, \p{IsAlnum}, \p{IsN} and their opposites; the opposites hold for no end of the line. */
bool qp_moses_alpha(int32_t code);
bool qp_moses_alnum(int32_t code);
bool qp_moses_number(int32_t code);
bool qp_moses_not_alpha(int32_t code);
bool qp_moses_not_number(int32_t code);
bool qp_moses_not_alpha_number(int32_t code);

#endif
