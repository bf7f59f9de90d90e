#ifndef QP_VIEWS_H
#define QP_VIEWS_H

#include <stddef.h>

#include "lib/tensor/tensor.h"

/* views — small questions every operation asks about the matrices it is given. */

static inline bool qp_view_empty(qp_tensor x) { return x.value == NULL; }

static inline bool qp_view_same_shape(qp_tensor a, qp_tensor b) { return a.rows == b.rows && a.columns == b.columns; }

/* [1, columns], as biases and norm weights are. */
static inline bool qp_view_is_row(qp_tensor x, int columns) { return x.rows == 1 && x.columns == columns; }

/* The runs of consecutive elements that elementwise kernels go through: a matrix without gaps is one run, a band is
 * one run a row. Run r of view x begins at x + r*x.stride (r is 0 where there is one run). */
typedef struct {
    int count;
    size_t length;
} qp_runs;

static inline qp_runs qp_runs_of(int rows, int columns, bool dense)
{
    if (dense) return (qp_runs){1, (size_t)rows * (size_t)columns};
    return (qp_runs){rows, (size_t)columns};
}

static inline bool qp_view_dense(qp_tensor x) { return x.stride == x.columns; }

#endif
