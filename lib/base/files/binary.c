#define _GNU_SOURCE
#include "lib/base/files/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static qp_status open_path(qp_binary *f, const char *path, const char *kind)
{
    /* O_NONBLOCK: opening a pipe must not wait; it has no effect on regular files */
    f->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (f->descriptor < 0 || fstat(f->descriptor, &status) != 0)
        return qp_fail(qp_status_of_errno(QP_ENOINPUT), "%s: cannot be opened: %s; check the path and its permissions",
                       path, strerror(errno));
    if (S_ISDIR(status.st_mode)) return qp_fail(QP_ENOINPUT, "%s: is a folder; name the %s file inside it", path, kind);
    if (!S_ISREG(status.st_mode))
        return qp_fail(QP_ENOINPUT, "%s: is not a regular file; copy it to a file first", path);
    f->bytes = (uint64_t)status.st_size;
    f->path = strdup(path);
    return f->path ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", path);
}

qp_status qp_binary_open(const char *path, const char *kind, size_t size, qp_binary **file)
{
    qp_binary *f = calloc(1, size);
    *file = NULL;
    if (!f) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    qp_status status = open_path(f, path, kind);
    if (status == QP_OK)
        *file = f;
    else
        qp_binary_close(f);
    return status;
}

void qp_binary_close(qp_binary *f)
{
    if (!f) return;
    if (f->descriptor >= 0) close(f->descriptor);
    free(f->path);
    free(f);
}

static ssize_t read_some(int descriptor, void *to, uint64_t bytes, uint64_t offset)
{
    enum { PIECE = 1 << 30 }; /* Linux reads less than 2^31 bytes at once */
    ssize_t got;
    do got = pread(descriptor, to, bytes < PIECE ? (size_t)bytes : PIECE, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

qp_status qp_binary_read(const qp_binary *file, uint64_t offset, void *memory, uint64_t bytes)
{
    char *to = memory;
    while (bytes > 0) {
        ssize_t got = read_some(file->descriptor, to, bytes, offset);
        if (got < 0) return qp_fail(QP_EIO, "%s: reading failed: %s", file->path, strerror(errno));
        if (got == 0) return qp_fail(QP_EIO, "%s: became shorter while it was read; try again", file->path);
        to += got;
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return QP_OK;
}

bool qp_binary_begins(const char *path, const char *magic, size_t bytes)
{
    char first[8] = "";
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return false;
    bool fits = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && bytes <= sizeof first;
    bool begins = fits && read_some(descriptor, first, bytes, 0) == (ssize_t)bytes && memcmp(first, magic, bytes) == 0;
    close(descriptor);
    return begins;
}
