#ifndef QP_FILE_INTERNAL_H
#define QP_FILE_INTERNAL_H

#include "lib/base/file.h"

/* qp_file_open — open a file for reading; "-" is stdin. Returns its descriptor, or -1 with *status: a folder, or no
 *   such file. */
int qp_file_open(const char *path, qp_status *status);

/* qp_file_read_some — one read(2) of at most `capacity` bytes; *bytes 0: the file has ended. A signal that asks to stop
 *   (qp_reader_stop_flag) ends it, so that Ctrl-C works while waiting for a terminal; other signals do not.
 * Errors  QP_ESTOPPED, QP_EIO. */
qp_status qp_file_read_some(int descriptor, const char *path, void *buffer, size_t capacity, size_t *bytes);

/* qp_file_line_limit — bytes of the longest line, and of a whole file that is not regular: 64 MiB, or the value of
 *   QUIPU_MAX_LINE. */
size_t qp_file_line_limit(void);

#endif
