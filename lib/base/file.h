#ifndef QP_FILE_H
#define QP_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"
#include "lib/base/writer.h"

/* file — lines of plain or gzipped text, whole files, folders; writing is in writer.h. "-" is stdin or stdout. Every
 * error names the file and, where there is one, the line. */

/* qp_reader — reads a file line by line, gzip recognised by its first bytes, in the memory of one line.
 *   next  *line is NUL-terminated, its LF and a CR before it removed, and may hold NUL bytes inside (*bytes counts);
 *         valid until the next call; *line NULL at the end. A last line without LF is a line; a byte-order mark at the
 *         very beginning is dropped. A truncated or damaged .gz is QP_EDATA, an .xz, .zst, .bz2, .zip or .7z file too,
 *         and so is a line of more than 64 MiB (QUIPU_MAX_LINE in the environment: other bytes), to bound memory.
 *   raw   the same, but only the LF is removed: every other byte belongs to the line
 *   bytes the next `wanted` bytes, whatever they are; fewer only at the end. Binary records that follow a line of text.
 *   open_paths  reads `count` files, at least one, as one text; see file_list.h
 *   files  how many of them have been opened
 *   tell  the place after what was read        seek  continues from a place that tell gave for the same files; those
 *         of a compressed text are reached by decompressing what is before them
 *   compressed  is the file just read gzip?
 *   bound the most bytes the text can have, from the size of the file; INT64_MAX: unknown. After the first reading. */
typedef struct qp_reader qp_reader;
qp_status qp_reader_open(const char *path, qp_reader **reader);
qp_status qp_reader_open_paths(char *const *path, int count, qp_reader **reader);
qp_status qp_reader_next(qp_reader *reader, char **line, size_t *bytes);
qp_status qp_reader_raw(qp_reader *reader, char **line, size_t *bytes);
qp_status qp_reader_bytes(qp_reader *reader, void *bytes, size_t wanted, size_t *got);
int64_t qp_reader_bound(const qp_reader *reader);
int64_t qp_reader_line(const qp_reader *reader); /* number of the line just read, from 1 */
/* Would reading the next line wait for a terminal or a pipe? False at the end of the input. */
bool qp_reader_waits(const qp_reader *reader);
const char *qp_reader_path(const qp_reader *reader); /* valid as long as the reader */
int qp_reader_files(const qp_reader *reader);
typedef struct {
    int64_t offset, line; /* bytes of text and lines before it in the file */
    int32_t file;
} qp_reader_place;
qp_reader_place qp_reader_tell(const qp_reader *reader);
qp_status qp_reader_seek(qp_reader *reader, qp_reader_place place);
bool qp_reader_compressed(const qp_reader *reader);
void qp_reader_close(qp_reader *reader);

/* qp_reader_stop_flag — a flag of the program's signal handlers, looked at when a signal interrupts read(2): not 0 ends
 * the reading with QP_ESTOPPED. Without it (NULL) an interrupted read is repeated. Set it before threads start. */
void qp_reader_stop_flag(const volatile sig_atomic_t *flag);

/* qp_file_read — reads a whole regular file into malloc'ed memory, NUL-terminated after *bytes; QP_EDATA above
 * limit_bytes. */
qp_status qp_file_read(const char *path, size_t limit_bytes, char **content, size_t *bytes);

qp_status qp_folder_make(const char *path); /* with parents, durable; exists already: fine */

/* qp_folder_each — calls `visit` for every name in a folder except "." and ".." until one fails.   Errors  QP_EIO, or
 * what `visit` returned. */
qp_status qp_folder_each(const char *folder, qp_status (*visit)(void *self, const char *name), void *self);

bool qp_file_exists(const char *path);
bool qp_folder_exists(const char *path);
bool qp_file_same(const char *a, const char *b); /* do two paths lead to one existing regular file? */
bool qp_file_once(const char *path);             /* can it be read only once: standard input, a pipe, a device? */
qp_status qp_file_remove_tree(const char *path); /* a file or a folder with all in it; absent: fine */

#endif
