#ifndef QP_BINARY_H
#define QP_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* binary — regular files that are read at any place, such as weights. Every error names the file.
 *
 * qp_binary_open — its descriptor, which the caller closes, and its size. kind: ".gguf", for the message about folders.
 *   *descriptor is -1 or to be closed in every case.
 * qp_binary_read — exactly `bytes` from `offset`, from any number of threads at once.
 * qp_binary_begins — whether it can be opened and begins with these bytes, at most 8.
 * Errors  QP_ENOINPUT: missing, unreadable, no regular file; QP_EIO: it became shorter, or reading failed. */
qp_status qp_binary_open(const char *path, const char *kind, int *descriptor, uint64_t *bytes);
qp_status qp_binary_read(int descriptor, const char *path, uint64_t offset, void *memory, uint64_t bytes);
bool qp_binary_begins(const char *path, const char *magic, size_t bytes);

#endif
