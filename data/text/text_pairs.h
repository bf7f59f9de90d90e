#ifndef QP_TEXT_PAIRS_H
#define QP_TEXT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/text/held_out.h"
#include "lib/base/file.h"
#include "lib/base/status.h"

/* text_pairs — pairs of lines that belong together, read one pair at a time (also .gz; memory for one line).
 * TWO_FILES  line i of `target` is the translation of line i of `source`
 * TABBED     each line of `source` is source TAB target
 * SCORED     each line of `source` is text TAB text, or text TAB text TAB score, a number; either all lines have a
 *            score or none
 * LABELLED   each line of `source` is label TAB text: the pair's source is the label, its target the text, which may
 *            hold TABs
 * ONE_FILE   each line of `target` is a text by itself; there is no source (language models) */
typedef enum { QP_TEXT_TWO_FILES, QP_TEXT_TABBED, QP_TEXT_SCORED, QP_TEXT_LABELLED, QP_TEXT_ONE_FILE } qp_text_kind;

typedef struct {
    qp_text_kind kind;
    const char *source, *target; /* lists of files (file_list.h); "-" is standard input; NULL where there is none */
    qp_held_out part;            /* pairs of the other part are passed over */
    const char *weights;         /* list of files with a number for each pair; NULL: none */
    bool blocks; /* ONE_FILE: blank lines end blocks, which parts of the text do not cut (text_index.h) */
} qp_text_files;

/* One pair; NUL-terminated, may contain NUL bytes; valid until the next pair is read. source is NULL in ONE_FILE. */
typedef struct {
    const char *source, *target;
    size_t source_bytes, target_bytes;
    bool scored;
    double score, weight; /* weight: 1 without a file of weights */
} qp_text_pair;

typedef struct qp_text_pairs qp_text_pairs;

/* A place between two pairs: `line` pairs are before it, and `digest` is a hash of them. */
typedef struct {
    qp_reader_place source, target;
    int64_t line;
    uint64_t digest;
} qp_text_place;

/* qp_text_pairs_tell — the place after the pair just read, or passed over.
 * qp_text_pairs_seek — continues from there, for files that can be read twice; up to pair `end_line` of the whole
 *   text, as if the files ended after it; 0: to their end.    Errors  as qp_text_pairs_next.
 * qp_text_pairs_compressed — is a file just read gzip?
 *
 * qp_text_pairs_open — QP_ENOINPUT if a file is missing or is a folder, QP_EUSAGE if both are standard input.
 * qp_text_pairs_next — the next pair; *more is false after the last one. QP_EDATA if one file has more lines than the
 *                    other (with both counts), a line is not UTF-8, has no TAB or several, a score that is none, a
 *                    weight that is no number from 0 up; QP_EIO, QP_EMEMORY.
 * qp_text_pairs_twice — QP_EUSAGE if a file that must be read twice can be read only once (standard input, a pipe);
 *                    `why` ends the message: the reason, and what to do.
 * qp_text_pairs_path, qp_text_pairs_line — the file and line to name in a message about the target (or the source) of
 *                    the current pair.
 * qp_text_pairs_file — the number of the file of the current pair's source (of the target where there is no source), in
 *                    its list, from 0. */
qp_status qp_text_pairs_open(const qp_text_files *files, qp_text_pairs **parallel);
qp_status qp_text_pairs_next(qp_text_pairs *parallel, qp_text_pair *pair, bool *more);
qp_status qp_text_pairs_twice(const qp_text_files *files, const char *why);
qp_text_place qp_text_pairs_tell(const qp_text_pairs *parallel);
qp_status qp_text_pairs_seek(qp_text_pairs *parallel, const qp_text_place *place, int64_t end_line);
bool qp_text_pairs_compressed(const qp_text_pairs *parallel);
int64_t qp_text_pairs_line(const qp_text_pairs *parallel, bool target);
int qp_text_pairs_file(const qp_text_pairs *parallel);
const char *qp_text_pairs_path(const qp_text_pairs *parallel, bool target);
void qp_text_pairs_close(qp_text_pairs *parallel);

#endif
