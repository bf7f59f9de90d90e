#ifndef QP_PLAIN_CELLS_H
#define QP_PLAIN_CELLS_H

#include "lib/grad/recurrent/op_recurrent.h"

/* plain_cells — one step of one sequence of every cell, in plain loops and double; blocks of `n` numbers. */
typedef struct {
    qp_cell_kind cell;
    int n;
    const double *wx;   /* [gates*n] W x, without bias */
    const double *bias; /* [gates*n] */
    const double *uh;   /* [recurrent*n] U (m h) */
    const double *v;    /* V [gated*n, n], row by row */
    const double *read; /* [n] m h */
    const double *extra[QP_CELL_EXTRAS];
    double epsilon;
    const double *h, *c; /* [n] h_{t-1}, c_{t-1} */
    double *h_new, *c_new;
} plain_step;

void plain_cell(const plain_step *s);

#endif
