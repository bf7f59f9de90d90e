#ifndef QP_BASE64_H
#define QP_BASE64_H

#include <stddef.h>

#include "lib/base/status.h"
#include "lib/text/text_buffer.h"

/* base64 — bytes as text (RFC 4648, section 4: the usual alphabet, padded, no white space). */

/* qp_base64_read — decodes; *out is malloc'ed.
 * place   begins the error message
 * Errors  QP_EDATA, QP_EMEMORY. */
qp_status qp_base64_read(const char *place, const char *text, size_t bytes, char **out, size_t *out_bytes);

/* qp_base64_write — encodes, appending to a buffer. */
void qp_base64_write(qp_text_buffer *out, const void *bytes, size_t count);

#endif
