#ifndef QP_UTF8_READER_H
#define QP_UTF8_READER_H

#include "lib/base/file.h"

/* qp_reader_next_utf8 — qp_reader_next for text that must be UTF-8: in another encoding a model would learn or
 * translate noise without a warning.
 * Errors  QP_EDATA with file, line, byte and the likely encoding (UTF-16, CP949, Windows-1252), and the command that
 *         converts it; those of qp_reader_next.
 * qp_check_utf8 — the same check for a text that is no file; `place` begins the message. */
qp_status qp_check_utf8(const char *place, const char *text, size_t bytes);
qp_status qp_reader_next_utf8(qp_reader *reader, char **line, size_t *bytes);

#endif
