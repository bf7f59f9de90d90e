#ifndef QP_CORPUS_SHARE_H
#define QP_CORPUS_SHARE_H

#include "data/text/corpus.h"
#include "data/text/text_index.h"

/* corpus_share — a corpus that several ranks read together: each reads and encodes a part of the text. The corpus is
 * that of one process. Either every rank gets the ids of all others, or with `spread` each keeps those it read, and
 * batches are taken together (spread.h); answers are short, and every rank has them all.
 *
 * qp_corpus_load_shared — qp_corpus_load by all ranks.
 * qp_corpus_share_read — reads this rank's part of the files into an empty corpus.
 * qp_corpus_share_whole — whether each rank has to read all of the files: those that can be read only once, and those
 *   with shares or weights.
 * qp_corpus_join — after each rank has read its part: the parts of all, in the order of the ranks.
 * Collective.   Errors  those of qp_corpus_load, naming the rank; QP_EMEMORY. */
typedef struct {
    const void *self;
    qp_status (*read)(const void *self, qp_text_pairs *text, qp_corpus_builder *builder); /* all that `text` has */
} qp_corpus_reader;

qp_status qp_corpus_load_shared(const qp_corpus_options *options, qp_cluster *cluster, qp_corpus *corpus);
qp_status qp_corpus_share_read(const qp_text_files *files, qp_cluster *cluster, const qp_corpus_reader *reader,
                               qp_corpus *corpus);
bool qp_corpus_share_whole(const qp_text_files *files, bool by_file);
qp_status qp_corpus_join(qp_cluster *cluster, bool to_itself, bool spread, qp_corpus *corpus);

#endif
