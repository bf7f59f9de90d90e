#ifndef QP_FILE_LIST_H
#define QP_FILE_LIST_H

#include "lib/base/file.h"

/* file_list — several files that are read one after the other, as one text. `names` lists them, separated by commas;
 * each name is a path or a pattern of glob(3), "part-*.gz", which stands for the files that match, in the order of
 * their bytes, whatever the locale. The longest name that an existing file has is that file, so that names with commas
 * and brackets work. A name may end in a share, "a:0.7", unless there is a file of that whole name; the files of a
 * pattern have one share together. */
typedef struct {
    char **path; /* [count], and a NULL */
    int *item;   /* [count] the name in the list, from 0, that a path comes from */
    int count, items;
    double *share; /* [items]; NULL: none has one */
} qp_file_list;

/* qp_file_list_of — the paths of a list. A name without *, ? and [ is a path, whether or not there is such a file; ""
 *                   is a list of none.   Errors  QP_ENOINPUT: no file matches a pattern, or a folder of it cannot be
 *                   read; QP_EUSAGE: an empty name, a share that is not above 0, names with and
 *                   without shares; QP_EMEMORY.
 * qp_file_list_once — can any of them be read only once (qp_file_once)?
 * qp_file_list_has  — is one of them the existing regular file `path`?
 * qp_file_list_shares — do its names have shares?
 * qp_file_list_whole  — QP_EUSAGE if they have: only training reads a part of a file. */
qp_status qp_file_list_of(const char *names, qp_file_list *list);
void qp_file_list_free(qp_file_list *list);
bool qp_file_list_once(const char *names);
bool qp_file_list_has(const char *names, const char *path);
bool qp_file_list_shares(const char *names);
qp_status qp_file_list_whole(const char *names);

/* qp_reader_open_list — a reader of all of them: qp_reader_next reads the next file at the end of one. Each may be
 * gzipped and begin with a byte-order mark, and a last line without LF ends with its file. qp_reader_path and
 * qp_reader_line are those of the file just read.   Errors  those of qp_file_list_of; QP_EUSAGE: an empty list; of the
 * first file now, of the others when they are reached: those of qp_reader_open. */
qp_status qp_reader_open_list(const char *names, qp_reader **reader);

#endif
