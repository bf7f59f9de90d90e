#ifndef QP_CELL_NORM_H
#define QP_CELL_NORM_H

#include "lib/grad/recurrent/recurrence.h"

/* cell_norm — what the cells with layer norm share.
 *
 * A norm works on `groups` parts of a row side by side, each with its own mean and deviation; its weight and bias are
 * the cell's extras number `weight` and `weight` + 1, as wide as the row. */
typedef struct {
    int columns, groups, weight;
    qp_real *raw;            /* [rows, columns] what it was given */
    qp_real *mean, *inverse; /* [rows, groups] */
} qp_cell_norm;

/* qp_cell_norm_forward  y [count, columns] := LN(y), the rows at place `place`
 * qp_cell_norm_back     dy -> dL/d what was given, in place; weight and bias receive their gradients */
bool qp_cell_norm_take(qp_tape *tape, const qp_recurrent_run *run, qp_cell_norm *norm);
void qp_cell_norm_forward(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *y);
void qp_cell_norm_back(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *dy);

/* The norms of both products, in a cell's `own`; the cell's first four extras are QP_CELL_NORM_EXTRAS.
 * qp_cell_norms_inputs, _inputs_backward — for the hooks of a cell of `groups` groups
 * qp_cell_norms_product — the step's product h U' := its norm; _product_back its way back, from its gradient. */
typedef struct {
    qp_cell_norm input, recurrent;
} qp_cell_norms;
#define QP_CELL_NORM_EXTRAS(gates)                                                                                     \
    {"norm_ih.weight", 1, gates, 1}, {"norm_ih.bias", 1, gates, 0}, {"norm_hh.weight", 1, gates, 1},                   \
    {                                                                                                                  \
        "norm_hh.bias", 1, gates, 0                                                                                    \
    }
bool qp_cell_norms_take(qp_tape *tape, qp_recurrent_run *run, int groups, qp_cell_norms *norms);
void qp_cell_norms_inputs(qp_tape *tape, qp_recurrent_run *run, int groups);
void qp_cell_norms_inputs_backward(qp_recurrent_run *run);
void qp_cell_norms_product(const qp_recurrent_run *run, int place, int count);
void qp_cell_norms_product_back(const qp_recurrent_run *run, int place, int count);

#endif
