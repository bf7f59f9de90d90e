#ifndef QP_BINARY_H
#define QP_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"

/* binary — regular files that are read at any place, such as weights. Every error names the file.
 *
 * The readers of formats have a qp_binary as the first member of their own structure.
 *
 * qp_binary_open — a structure of `size` bytes, all 0 but its first member, an open file. kind: ".gguf", for the
 *   message about folders.    Memory: the structure and a copy of the path.
 * qp_binary_close — closes the file and frees the structure; NULL is allowed.
 * qp_binary_read — exactly `bytes` from `offset`, from any number of threads at once.
 * qp_binary_begins — whether it can be opened and begins with these bytes, at most 8. Takes no memory, so that the
 *   lack of it does not look like another format.
 * Errors  QP_ENOINPUT: missing, unreadable, no regular file; QP_EIO: it became shorter, or reading failed;
 *         QP_EMEMORY; nothing is left to close then. */
typedef struct {
    char *path;
    int descriptor;
    uint64_t bytes; /* of the file */
} qp_binary;

qp_status qp_binary_open(const char *path, const char *kind, size_t size, qp_binary **file);
void qp_binary_close(qp_binary *file);
qp_status qp_binary_read(const qp_binary *file, uint64_t offset, void *memory, uint64_t bytes);
bool qp_binary_begins(const char *path, const char *magic, size_t bytes);

#endif
