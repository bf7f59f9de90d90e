#define _GNU_SOURCE
#include "lib/base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/temporaries.h"

enum { BUFFER_BYTES = 1 << 16, TEMPORARY_NAMES = 100, MOST_LINKS = 40 };

struct qp_writer {
    char *path, *temporary; /* temporary NULL: written directly (a stream, a device, a pipe) */
    int descriptor;
    FILE *stream;     /* of qp_writer_stream, or NULL */
    qp_status status; /* the first failure and its line */
    char message[512];
    size_t used;
    char buffer[BUFFER_BYTES];
};

static const char standard_output[] = "/dev/stdout";

static bool is_standard(const qp_writer *writer) { return strcmp(writer->path, standard_output) == 0; }

/* Was the last failed write to a pipe whose reader is gone? Of all threads: one may write and another report. */
static _Atomic bool unread;

bool qp_output_unread(void) { return unread; }

static qp_status writer_fail(qp_writer *writer, qp_status status, const char *what)
{
    unread = errno == EPIPE;
    writer->status = status;
    snprintf(writer->message, sizeof writer->message, "%s: %s: %s%s", is_standard(writer) ? "stdout" : writer->path,
             what, strerror(errno), errno == ENOSPC || errno == EDQUOT ? "; make room and try again" : "");
    return qp_fail(status, "%s", writer->message);
}

/* Opens `path`.tmp, or the next of a few such names while another process writes that one. The lock ends with its
 * process, so files of killed processes are reused. */
static bool open_temporary(qp_writer *writer, mode_t mode)
{
    size_t bytes = strlen(writer->path) + 16;
    writer->temporary = malloc(bytes);
    if (!writer->temporary) return false;
    for (int i = 0; i < TEMPORARY_NAMES; i++) {
        snprintf(writer->temporary, bytes, i == 0 ? "%s.tmp" : "%s.tmp%d", writer->path, i);
        int descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
        if (descriptor < 0) break;
        struct stat ours, named = {0};
        bool locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
        /* the holder may have renamed it between our open and our lock */
        bool seen = fstat(descriptor, &ours) == 0 && (stat(writer->temporary, &named) == 0 || errno == ENOENT);
        bool named_so =
            locked && (!seen || (ours.st_ino == named.st_ino && ours.st_dev == named.st_dev && S_ISREG(ours.st_mode)));
        if (seen && named_so && ftruncate(descriptor, 0) == 0) {
            writer->descriptor = descriptor;
            qp_temporaries_add(writer->temporary);
            return true;
        }
        int reason = named_so ? errno : EBUSY;
        if (named_so) unlink(writer->temporary);
        close(descriptor);
        errno = reason;
        if (named_so) break;
    }
    int reason = errno;
    free(writer->temporary);
    writer->temporary = NULL;
    errno = reason;
    return false;
}

/* The absent file that a chain of symbolic links ends at, in new memory; NULL: the error is in errno. */
static char *end_of_links(const char *path)
{
    char *at = strdup(path), target[PATH_MAX];
    for (int i = 0; at && i <= MOST_LINKS; i++) {
        ssize_t bytes = readlink(at, target, sizeof target - 1);
        if (bytes < 0) return at;
        target[bytes] = '\0';
        char *slash = strrchr(at, '/'), *next = NULL;
        int folder = target[0] == '/' || !slash ? 0 : (int)(slash - at + 1); /* a relative link starts at its folder */
        if (asprintf(&next, "%.*s%s", folder, at, target) < 0) next = NULL;
        free(at);
        at = next;
    }
    int reason = at ? ELOOP : ENOMEM;
    free(at);
    errno = reason;
    return NULL;
}

static bool open_for_writing(qp_writer *writer)
{
    if (is_standard(writer)) {
        fflush(stdout);
        writer->descriptor = dup(STDOUT_FILENO);
        return writer->descriptor >= 0;
    }
    struct stat information, link;
    bool exists = stat(writer->path, &information) == 0;
    if (exists && !S_ISREG(information.st_mode)) {
        writer->descriptor = open(writer->path, O_WRONLY | O_CLOEXEC);
        return writer->descriptor >= 0;
    }
    if (exists || lstat(writer->path, &link) == 0) { /* keep a symbolic link: replace what it points to, or make it */
        char *real = exists ? realpath(writer->path, NULL) : end_of_links(writer->path);
        if (!real) return false;
        free(writer->path);
        writer->path = real;
    }
    if (!open_temporary(writer, 0666)) return false;
    if (exists && fchmod(writer->descriptor, information.st_mode & 0777) != 0) { /* the umask's mode will do */
    }
    return true;
}

qp_status qp_writer_open(const char *path, qp_writer **writer)
{
    *writer = NULL;
    qp_writer *opened = calloc(1, sizeof *opened);
    if (opened) opened->path = strdup(strcmp(path, "-") == 0 ? standard_output : path);
    if (!opened || !opened->path) {
        free(opened);
        return qp_fail(QP_EMEMORY, "%s: no memory to write it", path);
    }
    opened->descriptor = -1;
    if (path[0] == '\0' || !open_for_writing(opened)) {
        if (path[0] == '\0') errno = ENOENT;
        qp_status status = qp_fail(qp_status_of_errno(QP_ECREATE), "%s: cannot be created: %s%s", path, strerror(errno),
                                   errno == ENOMEM ? "" : "; check the folder and its permissions");
        qp_writer_abort(opened);
        return status;
    }
    *writer = opened;
    return QP_OK;
}

static qp_status writer_put(qp_writer *writer, const char *content, size_t bytes)
{
    while (bytes > 0) {
        ssize_t put = write(writer->descriptor, content, bytes);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return writer_fail(writer, QP_EIO, "writing failed");
        content += put;
        bytes -= (size_t)put;
    }
    return QP_OK;
}

qp_status qp_writer_flush(qp_writer *writer)
{
    if (writer->status != QP_OK) return qp_fail(writer->status, "%s", writer->message);
    size_t bytes = writer->used;
    writer->used = 0;
    return writer_put(writer, writer->buffer, bytes);
}

qp_status qp_writer_write(qp_writer *writer, const void *content, size_t bytes)
{
    if (writer->status != QP_OK) return qp_fail(writer->status, "%s", writer->message);
    if (bytes > BUFFER_BYTES - writer->used) QP_TRY(qp_writer_flush(writer));
    if (bytes > BUFFER_BYTES) return writer_put(writer, content, bytes);
    if (bytes > 0) memcpy(writer->buffer + writer->used, content, bytes);
    writer->used += bytes;
    return QP_OK;
}

qp_status qp_writer_printf(qp_writer *writer, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        errno = ENOMEM;
        return writer_fail(writer, QP_EMEMORY, "writing failed");
    }
    qp_status status = qp_writer_write(writer, text, (size_t)length);
    free(text);
    return status;
}

static ssize_t stream_write(void *self, const char *content, size_t bytes)
{
    return qp_writer_write(self, content, bytes) == QP_OK ? (ssize_t)bytes : 0;
}

FILE *qp_writer_stream(qp_writer *writer)
{
    if (!writer->stream) writer->stream = fopencookie(writer, "w", (cookie_io_functions_t){.write = stream_write});
    return writer->stream;
}

static void close_stream(qp_writer *writer)
{
    if (writer->stream) fclose(writer->stream); /* what it could not write is remembered by the writer */
    writer->stream = NULL;
}

void qp_name_sync(const char *path)
{
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash) slash[slash == folder ? 1 : 0] = '\0';
    int descriptor = folder ? open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

qp_status qp_writer_commit(qp_writer *writer)
{
    close_stream(writer);
    qp_status status = writer->status;
    if (status == QP_OK) status = qp_writer_flush(writer);
    if (status == QP_OK && writer->temporary) {
        if (fsync(writer->descriptor) != 0)
            status = writer_fail(writer, QP_EIO, "writing to the disk failed");
        else if (rename(writer->temporary, writer->path) != 0)
            status = writer_fail(writer, QP_ECREATE, "cannot be replaced");
        else {
            qp_temporaries_drop(writer->temporary);
            free(writer->temporary); /* it has its name: abort must not touch it */
            writer->temporary = NULL;
            qp_name_sync(writer->path);
        }
    }
    if (status != QP_OK) status = qp_fail(writer->status, "%s", writer->message);
    qp_writer_abort(writer);
    return status;
}

void qp_writer_abort(qp_writer *writer)
{
    if (!writer) return;
    close_stream(writer);
    if (writer->temporary) unlink(writer->temporary); /* while locked, so that no other process's file is removed */
    qp_temporaries_drop(writer->temporary);
    if (writer->descriptor >= 0) close(writer->descriptor);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

qp_status qp_writer_check(const char *path)
{
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    qp_writer_abort(writer);
    return QP_OK;
}

/* Is it a pipe whose reader is gone? */
static bool lost_reader(FILE *stream)
{
    struct pollfd pipe = {.fd = fileno(stream), .events = POLLOUT};
    return poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR);
}

qp_status qp_output_check(FILE *stream, const char *name)
{
    errno = 0;
    bool flushed = fflush(stream) == 0;
    if (flushed && !ferror(stream)) return QP_OK;
    if (errno == 0 && ferror(stream) && lost_reader(stream))
        errno = EPIPE; /* of a long write, which leaves nothing to flush */
    unread = errno == EPIPE;
    return qp_fail(QP_EIO, "%s: writing failed: %s", name, errno ? strerror(errno) : "output was lost");
}
