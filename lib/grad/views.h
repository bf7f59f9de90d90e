#ifndef QP_VIEWS_H
#define QP_VIEWS_H

#include <stddef.h>

#include "lib/base/batch.h"
#include "lib/tensor/tensor.h"

/* views — what every operation checks about the matrices it is given. */

static inline bool qp_view_empty(qp_tensor x) { return x.value == NULL; }

static inline bool qp_view_same_shape(qp_tensor a, qp_tensor b) { return a.rows == b.rows && a.columns == b.columns; }

/* Whether x is [1, columns], as biases and norm weights are. */
static inline bool qp_view_is_row(qp_tensor x, int columns) { return x.rows == 1 && x.columns == columns; }

/* qp_runs — the runs of consecutive elements that elementwise kernels process: a dense matrix is one run, a band one
 * run per row. Run r of a view begins at value + r*stride. */
typedef struct {
    int count;
    size_t length;
} qp_runs;

static inline qp_runs qp_runs_of(int rows, int columns, bool dense)
{
    if (dense) return (qp_runs){1, (size_t)rows * (size_t)columns};
    return (qp_runs){rows, (size_t)columns};
}

/* Whether x has no gaps between its rows. */
static inline bool qp_view_dense(qp_tensor x) { return x.stride == x.columns; }

/* Whether every sequence is within a matrix of `rows` rows. */
static inline bool qp_view_holds(int rows, qp_sequences s)
{
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (s.start[i] < 0 || length < 0 || length > rows - s.start[i]) return false;
    }
    return true;
}

#endif
