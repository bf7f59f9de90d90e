#ifndef QP_TEXT_INDEX_H
#define QP_TEXT_INDEX_H

#include "data/text/text_pairs.h"
#include "lib/cluster/cluster.h"

/* text_index — the places at which pieces of a text begin, so that each may be read by itself. Of a text of blocks a
 * piece begins after a blank line, or with a file. A run is what can be
 * read in order only: the pieces of one gzip file; of a plain file every piece is a run. */
typedef struct {
    qp_text_place *piece; /* [pieces + 1]; the last one is the end */
    int pieces;
    int *run; /* [runs + 1] the pieces at which they begin */
    int runs;
    int64_t bytes; /* of all lines */
    uint64_t hash; /* of all lines */
} qp_text_index;

/* qp_text_index_read — from one look at all lines of files that can be read twice; pieces of about `bytes` bytes. Of
 *   several ranks rank 0 looks, and all get the index. Collective.
 * Memory  about 100 bytes for each piece.
 * Errors  those of qp_text_pairs_next, for the first line that is wrong anywhere; QP_EDATA: no lines; QP_EMEMORY. */
qp_status qp_text_index_read(const qp_text_files *files, int64_t bytes, qp_cluster *cluster, qp_text_index *index);
void qp_text_index_free(qp_text_index *index);

/* qp_text_index_share — the piece at which the part of rank `rank` begins; it ends where that of rank + 1 begins. Parts
 *   are whole runs, of about equally many pieces. */
int qp_text_index_share(const qp_text_index *index, const qp_cluster *cluster, int rank);

/* qp_text_index_check — after a part that ends at piece `end` has been read: QP_EDATA if the text is not the one that
 *   was looked at (another rank's file, or one that changed meanwhile). */
qp_status qp_text_index_check(const qp_text_index *index, int end, const qp_text_pairs *text);

#endif
