#ifndef QP_LABELS_JOIN_H
#define QP_LABELS_JOIN_H

#include "data/text/corpus.h"
#include "data/text/label_sets.h"
#include "lib/cluster/cluster.h"

/* labels_join — labels of a text that several ranks have read together, each a part: from each rank's own numbers to
 * those of one process, which follow the order of first appearance.
 *
 * qp_labels_join — the labels of all ranks. Before, *labels are those that all ranks had, then what this rank found;
 *   `corpus`, whose answers are numbers of them, gets the new numbers. With `sets` the answers are numbers of sets from
 *   sets_before on, and the sets of all ranks are joined too.
 * Collective, before qp_corpus_join.   Errors  QP_EDATA: more than QP_LABELS_MOST labels; QP_EMEMORY. */
qp_status qp_labels_join(qp_cluster *cluster, qp_labels *labels, qp_corpus *corpus);
qp_status qp_label_sets_join(qp_cluster *cluster, qp_labels *labels, qp_label_sets *sets, int32_t sets_before,
                             qp_corpus *corpus);

#endif
