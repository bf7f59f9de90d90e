#ifndef QP_EVALUATE_MATCH_H
#define QP_EVALUATE_MATCH_H

#include "data/text/text_pairs.h"
#include "lib/package/package.h"

/* qp_evaluate_match — metrics of a model of --task match on pairs of texts, printed as lines or as one JSON object:
 * spearman, accuracy (of pairs with scores), recall@1, recall@5, recall@10 (without); see lib/package/match_metrics.h.
 * metrics  a list; NULL: those that the pairs have
 * Errors   QP_EUSAGE: unknown metrics, or one that the pairs do not have; those of reading and of the model. */
qp_status qp_evaluate_match(const qp_package *m, const qp_text_files *files, int threads, bool json,
                            const char *metrics);

#endif
