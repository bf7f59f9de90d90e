#ifndef QP_UTF8_REPAIR_H
#define QP_UTF8_REPAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"

/* qp_utf8_repair — every byte of *text (malloc'ed, NUL-terminated) that is not part of UTF-8 becomes U+FFFD. Models
 *   whose tokens are bytes can make such text.    Errors  QP_EMEMORY, with *text unchanged.
 * qp_utf8_is_blank — only white space, or nothing. */
qp_status qp_utf8_repair(char **text, size_t *bytes);
bool qp_utf8_is_blank(const char *text, size_t bytes);

#endif
