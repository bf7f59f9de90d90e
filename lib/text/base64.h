#ifndef QP_BASE64_H
#define QP_BASE64_H

#include <stddef.h>

#include "lib/base/status.h"

/* qp_base64_read — the bytes behind base64 (RFC 4648: the usual alphabet, padded, nothing else between), malloc'ed.
 * Errors  QP_EDATA, QP_EMEMORY. */
qp_status qp_base64_read(const char *place, const char *text, size_t bytes, char **out, size_t *out_bytes);

/* qp_base64_write — bytes in base64, malloc'ed and NUL-terminated; NULL: no memory. */
char *qp_base64_write(const char *bytes, size_t count);

#endif
