#ifndef QP_VOCABULARY_FILE_H
#define QP_VOCABULARY_FILE_H

#include "lib/base/status.h"

/* vocabulary_file — the pieces of a vocabulary in the order of their ids, from a file of another project:
 *   .json  {"piece": id, ...} (Marian, Hugging Face), or ["piece", ...] (CTranslate2)
 *   .yml   piece: id (Marian)
 *   else   one piece a line
 * Ids are 0 .. count-1, each once. */
typedef struct {
    char **name; /* [count], NUL-terminated, none empty */
    int count;
} qp_vocabulary_names;

/* qp_vocabulary_read — reads one.   Memory  proportional to the file, of at most 256 MiB.
 * Errors  QP_ENOINPUT, QP_EDATA (not such a file, an id missing or twice), QP_EMEMORY; nothing is left to free.
 * qp_vocabulary_add_start — appends the piece <pad>, or <start> if <pad> exists: what the decoder reads first in
 *   translators that begin with a zero vector.   Errors  QP_EMEMORY.
 * qp_vocabulary_append — appends a piece.                Errors  QP_EMEMORY.
 * qp_vocabulary_index — the id of a piece, or -1.    Time: one pass. */
qp_status qp_vocabulary_read(const char *path, qp_vocabulary_names *names);
qp_status qp_vocabulary_add_start(const char *place, qp_vocabulary_names *names);
qp_status qp_vocabulary_append(const char *place, const char *piece, qp_vocabulary_names *names);
int qp_vocabulary_index(const qp_vocabulary_names *names, const char *piece);
void qp_vocabulary_names_free(qp_vocabulary_names *names);

#endif
