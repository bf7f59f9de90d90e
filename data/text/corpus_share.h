#ifndef QP_CORPUS_SHARE_H
#define QP_CORPUS_SHARE_H

#include "data/text/corpus.h"
#include "data/text/text_index.h"

/* corpus_share — a corpus that several ranks read together: each reads and encodes a part of the text, and gets the
 * ids of all others. The corpus is that of one process.
 *
 * qp_corpus_load_shared — qp_corpus_load by all ranks. Files that can be read only once, and
 *   those with shares or weights, are read by every rank.
 * qp_corpus_join — after each rank has read its part: the parts of all, in the order of the ranks.
 * Collective.   Errors  those of qp_corpus_load, naming the rank; QP_EMEMORY. */
qp_status qp_corpus_load_shared(const qp_corpus_options *options, qp_cluster *cluster, qp_corpus *corpus);
qp_status qp_corpus_join(qp_cluster *cluster, bool to_itself, qp_corpus *corpus);

#endif
