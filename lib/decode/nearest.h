#ifndef QP_NEAREST_H
#define QP_NEAREST_H

#include "lib/base/real.h"
#include "lib/base/status.h"

/* nearest — the rows of a table of vectors that are most like others, found by comparing with all of them. */
typedef struct {
    qp_real *packed; /* the rows, of length 1 (a row of zeros stays), as gemm_packed.h has them */
    int rows, width;
} qp_nearest;

typedef struct {
    int row;
    qp_real cosine;
} qp_neighbour;

/* qp_nearest_init — a table of the rows of vector [rows, width], which is copied.
 * qp_nearest_find — neighbour [count, k]: for each of query [count, width] the k rows with the highest cosine, best
 *   first, equal ones by their number; 1 <= k <= rows. A query's neighbours do not depend on the other queries or on
 *   `threads`.
 * Memory  the table, twice while it is made; for each thread 16 cosines for each row.
 * Errors  QP_EMEMORY. */
qp_status qp_nearest_init(qp_nearest *table, const float *vector, int rows, int width);
qp_status qp_nearest_find(const qp_nearest *table, const float *query, int count, int k, int threads,
                          qp_neighbour *neighbour);
void qp_nearest_free(qp_nearest *table);

#endif
