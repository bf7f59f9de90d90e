#ifndef QP_HYPOTHESIS_H
#define QP_HYPOTHESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/real.h"
#include "lib/base/status.h"

/* hypothesis — one target sequence that a search found. */
typedef struct {
    int32_t *id;              /* [count] tokens; includes the final EOS if there is one, but not BOS */
    qp_real *log_probability; /* [count] */
    qp_real *attention;       /* [count, source tokens] weights of each token over the source, rows sum to 1; or NULL */
    int count;
    double total; /* sum of log_probability, in double, first token first */
    double score; /* total with the penalties */
} qp_hypothesis;

typedef struct {
    qp_hypothesis *best; /* [count] best first */
    int count;
} qp_search_result;

/* qp_hypothesis_new — room for `count` tokens, their attention over source_tokens if wanted; the contents are
 *   undefined.
 * Errors  QP_EMEMORY; *hypothesis is then empty. */
qp_status qp_hypothesis_new(int count, int source_tokens, bool attention, qp_hypothesis *hypothesis);
void qp_hypothesis_free(qp_hypothesis *hypothesis);
void qp_search_result_free(qp_search_result *result);

#endif
