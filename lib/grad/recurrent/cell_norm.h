#ifndef QP_CELL_NORM_H
#define QP_CELL_NORM_H

#include "lib/grad/recurrent/recurrence.h"

/* cell_norm — the layer norms of recurrent cells.
 *
 * A norm divides a row into `groups` parts, each with its own mean and deviation; its weight and bias are the cell's
 * extras `weight` and `weight` + 1, as wide as the row. */
typedef struct {
    int columns, groups, weight;
    qp_real *raw;            /* [rows, columns] its input */
    qp_real *mean, *inverse; /* [rows, groups] */
} qp_cell_norm;

/* qp_cell_norm_take     allocates the norm's memory; false: the tape has failed
 * qp_cell_norm_forward  y [count, columns] := LN(y), the rows from place `place`
 * qp_cell_norm_back     from dy to dL/d input, in place; adds the gradients of weight and bias */
bool qp_cell_norm_take(qp_tape *tape, const qp_recurrent_run *run, qp_cell_norm *norm);
void qp_cell_norm_forward(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *y);
void qp_cell_norm_back(const qp_recurrent_run *run, const qp_cell_norm *norm, int place, int count, qp_real *dy);

/* The norms of both products, in the cell's `own`; its first four extras are QP_CELL_NORM_EXTRAS.
 * qp_cell_norms_inputs, qp_cell_norms_inputs_backward — the hooks `inputs`, `inputs_backward`, for `groups` groups
 * qp_cell_norms_product, qp_cell_norms_product_back — the step's product h U' := its norm, and the way back */
typedef struct {
    qp_cell_norm input, recurrent;
} qp_cell_norms;
#define QP_CELL_NORM_EXTRAS(gates)                                                                                     \
    {"norm_ih.weight", 1, gates, 1}, {"norm_ih.bias", 1, gates, 0}, {"norm_hh.weight", 1, gates, 1},                   \
    {                                                                                                                  \
        "norm_hh.bias", 1, gates, 0                                                                                    \
    }
void qp_cell_norms_inputs(qp_tape *tape, qp_recurrent_run *run, int groups);
void qp_cell_norms_inputs_backward(qp_recurrent_run *run);
void qp_cell_norms_product(const qp_recurrent_run *run, int place, int count);
void qp_cell_norms_product_back(const qp_recurrent_run *run, int place, int count);

#endif
