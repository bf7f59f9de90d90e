#ifndef QP_LOCK_H
#define QP_LOCK_H

#include "lib/base/status.h"

/* qp_lock — one writer per model file. The lock of MODEL.safetensors (and of its run MODEL.run) is an flock(2) on the
 * file MODEL.run.lock, which holds the process id and is removed on release. The kernel releases the lock when the
 * process ends in any way, so the file of a killed process does not block the next one, which takes it over.
 * A file system without flock gives no protection; between machines it works where NFS passes flock on (Linux does). */
typedef struct qp_lock qp_lock;

/* qp_lock_take — locks the model file `path`; *lock is NULL for "-", devices and pipes, which are not locked.
 * Errors  QP_ECREATE: locked by another process (or by this one), or the lock file cannot be created; QP_EMEMORY. */
qp_status qp_lock_take(const char *path, qp_lock **lock);
void qp_lock_release(qp_lock *lock);

#endif
