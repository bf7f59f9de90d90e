#define _GNU_SOURCE
#include "lib/base/files/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/temporaries.h"

struct qp_lock {
    char *path; /* of the lock file */
    int descriptor;
};

enum { TRIES = 100 };

/* Whether the open file is still the one with this name: its holder may have removed it since it was opened. */
static bool is_named(int descriptor, const char *path)
{
    struct stat ours, named;
    return fstat(descriptor, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

static qp_status refuse(const char *model, int descriptor)
{
    char text[32] = "";
    ssize_t got = pread(descriptor, text, sizeof text - 1, 0);
    long pid = got > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0)
        return qp_fail(QP_ECREATE, "%s: locked by pid %ld, which is writing it; wait for it, or name another file",
                       model, pid);
    return qp_fail(QP_ECREATE, "%s: locked by another process; wait for it, or name another file", model);
}

static void write_pid(int descriptor)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    (void)!ftruncate(descriptor, 0); /* of a failure only the message of the next process suffers */
    (void)!pwrite(descriptor, text, (size_t)length, 0);
}

/* Opens and locks the file until it is locked under its name. */
static qp_status take(const char *model, qp_lock *lock)
{
    for (int i = 0; i < TRIES; i++) {
        lock->descriptor = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (lock->descriptor < 0)
            return qp_fail(qp_status_of_errno(QP_ECREATE),
                           "%s: cannot be created: %s; check the folder and its permissions", lock->path,
                           strerror(errno));
        int locked;
        do locked = flock(lock->descriptor, LOCK_EX | LOCK_NB);
        while (locked != 0 && errno == EINTR);
        bool busy = locked != 0 && errno == EWOULDBLOCK;
        if (!busy && is_named(lock->descriptor, lock->path)) {
            write_pid(lock->descriptor);
            qp_temporaries_add(lock->path);
            return QP_OK;
        }
        qp_status status = busy ? refuse(model, lock->descriptor) : QP_OK;
        close(lock->descriptor);
        lock->descriptor = -1;
        QP_TRY(status);
    }
    return qp_fail(QP_ECREATE, "%s: locked by other processes; wait for them, or name another file", model);
}

static bool is_written_in_place(const char *path)
{
    struct stat information;
    return strcmp(path, "-") == 0 || (stat(path, &information) == 0 && !S_ISREG(information.st_mode));
}

qp_status qp_lock_take(const char *path, qp_lock **lock)
{
    static const char suffix[] = ".safetensors";
    size_t length = strlen(path), tail = sizeof suffix - 1;
    *lock = NULL;
    if (length == 0 || is_written_in_place(path)) return QP_OK;
    if (length > tail && strcmp(path + length - tail, suffix) == 0) length -= tail;
    qp_lock *made = calloc(1, sizeof *made);
    if (!made) return qp_fail(QP_EMEMORY, "%s: no memory to lock it", path);
    made->descriptor = -1;
    qp_status status = QP_OK;
    if (asprintf(&made->path, "%.*s.run.lock", (int)length, path) < 0) {
        made->path = NULL;
        status = qp_fail(QP_EMEMORY, "%s: no memory to lock it", path);
    }
    if (status == QP_OK) status = take(path, made);
    if (status == QP_OK) {
        *lock = made;
        return QP_OK;
    }
    free(made->path);
    free(made);
    return status;
}

void qp_lock_release(qp_lock *lock)
{
    if (!lock) return;
    unlink(lock->path); /* while locked, so that no other process's file is removed */
    qp_temporaries_drop(lock->path);
    close(lock->descriptor);
    free(lock->path);
    free(lock);
}
