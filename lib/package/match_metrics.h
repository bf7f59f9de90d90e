#ifndef QP_MATCH_METRICS_H
#define QP_MATCH_METRICS_H

#include "data/text/corpus.h"
#include "lib/cluster/cluster.h"
#include "lib/model/model.h"

/* match_metrics — how well the vectors of a model of --task match show which texts belong together.
 * Pairs without scores: recall@k, the share of sources whose own target is among the k most similar ones of all
 * targets. Another target that is as similar comes first, unless its text is the same.
 * Pairs with scores: Spearman's correlation of cosine and score; where all scores are 0 or 1 the accuracy
 * of telling them apart by the best threshold of the cosine. */
enum { QP_RECALLS = 3 };
extern const int qp_recall_at[QP_RECALLS]; /* 1, 5, 10 */

typedef struct {
    int64_t pairs;
    bool scored, binary;
    double recall[QP_RECALLS], accuracy; /* percent */
    double spearman, cut;                /* cut: the least cosine of texts taken as the same */
} qp_match_metrics;

/* qp_match_metrics_measure — of the pairs of a corpus, with the current weights; the same for any number of threads.
 *   cluster  ranks that each make vectors and look for targets of a part of the texts; NULL: this process alone
 * Memory  the vectors of all texts; with recall also a block of 64 rows of cosines for each thread.
 * Time    recall: pairs^2 * width.   Errors  those of the model; QP_EMEMORY. */
qp_status qp_match_metrics_measure(const qp_model *model, const qp_corpus *corpus, int threads, qp_cluster *cluster,
                                   qp_match_metrics *metrics);

#endif
