#ifndef QP_SCORE_TABLE_H
#define QP_SCORE_TABLE_H

#include "lib/metric/bootstrap.h"

/* score_table — the scores of one or several texts against the same references. */
typedef struct {
    const char *name; /* the file, or the model that translated */
    qp_scores scores;
    int64_t lines;
    qp_score_sums *line; /* [lines] sums of each line; NULL: not kept */
    size_t capacity;
    qp_bootstrap compared[QP_SCORE_KINDS]; /* each metric with that of the first text */
} qp_scored_text;

/* qp_score_table_print — print text [count] as lines, or as one JSON object.
 * compared  text 0 is the baseline; the others show difference, interval and p (bootstrap.h) */
qp_status qp_score_table_print(const qp_scored_text *text, int count, bool compared, bool json);

#endif
