#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/file_internal.h"

enum { LARGEST_LINE = 64 << 20 };

size_t qp_file_line_limit(void)
{
    const char *text = getenv("QUIPU_MAX_LINE");
    long long bytes = text ? strtoll(text, NULL, 10) : 0;
    return bytes > 0 && bytes < PTRDIFF_MAX / 4 ? (size_t)bytes : LARGEST_LINE;
}

int qp_file_open(const char *path, qp_status *status)
{
    if (strcmp(path, "-") == 0) return STDIN_FILENO;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat information;
    if (descriptor < 0 || fstat(descriptor, &information) != 0) {
        *status = qp_fail(qp_status_of_errno(QP_ENOINPUT), "%s: cannot be read: %s; check the name and its permissions",
                          path, strerror(errno));
        if (descriptor >= 0) close(descriptor);
        return -1;
    }
    if (S_ISDIR(information.st_mode)) {
        *status = qp_fail(QP_ENOINPUT, "%s: is a folder; name a file in it", path);
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static const volatile sig_atomic_t *stop_flag;

void qp_reader_stop_flag(const volatile sig_atomic_t *flag) { stop_flag = flag; }

qp_status qp_file_read_some(int descriptor, const char *path, void *buffer, size_t capacity, size_t *bytes)
{
    ssize_t got;
    do got = read(descriptor, buffer, capacity);
    while (got < 0 && errno == EINTR && !(stop_flag && *stop_flag));
    *bytes = got > 0 ? (size_t)got : 0;
    if (got >= 0) return QP_OK;
    if (errno == EINTR) return qp_fail(QP_ESTOPPED, "%s: stopped while reading", path);
    if (errno == EISDIR) return qp_fail(QP_ENOINPUT, "%s: is a folder; name a file in it", path);
    if (errno == EBADF) return qp_fail(QP_ENOINPUT, "%s: is closed; name a file, or send text by a pipe", path);
    return qp_fail(QP_EIO, "%s: reading failed: %s; try again", path, strerror(errno));
}

/* Reads to the end in a growing buffer; the limit guards against an endless device. */
static qp_status read_all(int descriptor, const char *path, size_t limit, char **content, size_t *bytes)
{
    size_t capacity = 4096, used = 0, got = 1;
    struct stat information;
    if (fstat(descriptor, &information) == 0 && S_ISREG(information.st_mode)) {
        if ((uintmax_t)information.st_size > limit)
            return qp_fail(QP_EDATA, "%s: %lld bytes are more than the %zu expected at most", path,
                           (long long)information.st_size, limit);
        capacity = (size_t)information.st_size + 2; /* one to see the end, one for the NUL */
    } else if (qp_file_line_limit() < limit) {
        limit = qp_file_line_limit();
    }
    char *buffer = malloc(capacity);
    qp_status status = buffer ? QP_OK : qp_fail(QP_EMEMORY, "%s: no memory for its %zu bytes", path, capacity);
    while (status == QP_OK && got > 0) {
        if (!QP_GROW(buffer, capacity, used + 2)) {
            status = qp_fail(QP_EMEMORY, "%s: no memory after %zu bytes", path, used);
            break;
        }
        status = qp_file_read_some(descriptor, path, buffer + used, capacity - used - 1, &got);
        used += got;
        if (used > limit) status = qp_fail(QP_EDATA, "%s: more than the %zu bytes expected at most", path, limit);
    }
    if (status != QP_OK) {
        free(buffer);
        return status;
    }
    buffer[used] = '\0';
    *content = buffer;
    *bytes = used;
    return QP_OK;
}

qp_status qp_file_read(const char *path, size_t limit_bytes, char **content, size_t *bytes)
{
    *content = NULL;
    *bytes = 0;
    qp_status status = QP_OK;
    int descriptor = qp_file_open(path, &status);
    if (descriptor < 0) return status;
    status = read_all(descriptor, path, limit_bytes, content, bytes);
    if (descriptor != STDIN_FILENO) close(descriptor);
    return status;
}
