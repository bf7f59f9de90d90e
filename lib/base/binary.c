#define _GNU_SOURCE
#include "lib/base/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

qp_status qp_binary_open(const char *path, const char *kind, int *descriptor, uint64_t *bytes)
{
    /* O_NONBLOCK: opening a pipe must not wait; it has no effect on regular files */
    *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (*descriptor < 0 || fstat(*descriptor, &status) != 0)
        return qp_fail(qp_status_of_errno(QP_ENOINPUT), "%s: cannot be opened: %s; check the path and its permissions",
                       path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return qp_fail(QP_ENOINPUT, "%s: is a folder; name the %s file inside it", path, kind);
    if (!S_ISREG(status.st_mode))
        return qp_fail(QP_ENOINPUT, "%s: is not a regular file; copy it to a file first", path);
    *bytes = (uint64_t)status.st_size;
    return QP_OK;
}

qp_status qp_binary_read(int descriptor, const char *path, uint64_t offset, void *memory, uint64_t bytes)
{
    enum { PIECE = 1 << 30 }; /* Linux reads less than 2^31 bytes at once */
    char *to = memory;
    while (bytes > 0) {
        ssize_t got = pread(descriptor, to, bytes < PIECE ? (size_t)bytes : PIECE, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return qp_fail(QP_EIO, "%s: reading failed: %s", path, strerror(errno));
        if (got == 0) return qp_fail(QP_EIO, "%s: became shorter while it was read; try again", path);
        to += got;
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return QP_OK;
}

bool qp_binary_begins(const char *path, const char *magic, size_t bytes)
{
    int descriptor;
    uint64_t length;
    char first[8] = "";
    bool begins = qp_binary_open(path, "right", &descriptor, &length) == QP_OK && length >= bytes &&
                  qp_binary_read(descriptor, path, 0, first, bytes) == QP_OK && memcmp(first, magic, bytes) == 0;
    if (descriptor >= 0) close(descriptor);
    return begins;
}
