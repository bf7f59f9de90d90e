#ifndef QP_WRITER_H
#define QP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/status.h"

/* qp_writer — writes a temporary file beside `path`; commit gives it its name (flush, fsync, rename, fsync of the
 * folder), abort removes it. A crash at any moment leaves either the old file or the new one. "-", /dev/stdout, devices
 * and pipes are written directly. After a failed write every later call fails with the first error, so only commit need
 * be checked. */
typedef struct qp_writer qp_writer;
qp_status qp_writer_open(const char *path, qp_writer **writer);
qp_status qp_writer_write(qp_writer *writer, const void *content, size_t bytes);
qp_status qp_writer_printf(qp_writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
qp_status qp_writer_flush(qp_writer *writer);  /* to the system, for a reader that waits; not to the disk */
FILE *qp_writer_stream(qp_writer *writer);     /* the same for stdio; NULL: no memory; commit and abort close it */
qp_status qp_writer_commit(qp_writer *writer); /* frees the writer in either case */
void qp_writer_abort(qp_writer *writer);

/* qp_writer_check — whether `path` can be written, found out by creating its temporary file; it is not changed. */
qp_status qp_writer_check(const char *path);

/* qp_name_sync — makes the name of a new file or folder durable: fsync of the folder that it is in. Some file systems
 * refuse that; then the name is as durable as they make it. */
void qp_name_sync(const char *path);

/* qp_output_check — flushes a stream.  Errors: QP_EIO with the reason (full disk, closed pipe) if anything was lost.
 * qp_output_unread — was the last failed write, of a stream or a writer, one to a pipe whose reader is gone? */
qp_status qp_output_check(FILE *stream, const char *name);
bool qp_output_unread(void);

#endif
