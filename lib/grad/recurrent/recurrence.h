#ifndef QP_RECURRENCE_H
#define QP_RECURRENCE_H

#include "lib/grad/recurrent/op_recurrent.h"

/* recurrence — what op_recurrent.c and its cells share: the order of work and the buffers of one call.
 *
 * Inside, rows are time-major: first all sequences' step 0, then step 1 ...; within a step the sequences stand in order
 * of length, longest first, so that those still running are always the first ones. */
typedef struct {
    int rows, sequences, steps;
    int32_t *rank;   /* [sequences] sequence at each rank, longest first, ties in batch order */
    int32_t *length; /* [sequences] its length, by rank */
    int32_t *first;  /* [steps + 1] place of each step's first row; first[t+1]-first[t] sequences run at step t */
    int32_t *row;    /* [rows] the row of x at each place */
} qp_recurrence;

/* One call's buffers, all time-major. Backward turns `gates` (and `product`) into their own gradients in place. */
typedef struct {
    qp_recurrence order;
    qp_recurrent_weights w;
    int hidden, out, gates_width;
    int product_width; /* columns of U's product: recurrent*hidden */
    bool stepping;     /* one step of many: see step_weights.h */
    qp_tensor x;       /* as given; y, last as made */
    qp_tensor y;
    qp_carry first, last;
    qp_real *input;       /* [rows, window*in] x in working order */
    qp_real *gates;       /* [rows, gates*hidden] */
    qp_real *product;     /* [rows, gates*hidden] h U' + c, where the cell keeps it apart (GRU); else NULL */
    qp_real *before;      /* [rows, out] h_{t-1} */
    qp_real *read;        /* [rows, out] h_{t-1} as products read it: masked, or the same as `before` */
    qp_real *gated;       /* [rows, out] what V reads; NULL without V */
    qp_real *cell;        /* [rows, hidden] c_t as the cell makes it */
    qp_real *cell_kept;   /* [rows, hidden] c_t as it goes on: with keep_cell, or the same as `cell` */
    qp_real *cell_first;  /* [sequences, hidden] c before the first token, by rank */
    qp_real *unprojected; /* [rows, hidden] h as the cell makes it: before the projection and keep_hidden */
    qp_real *after;       /* [rows, out] h_t; the same as `unprojected` where there is neither */
    void *own;            /* of the cell */
    /* backward */
    qp_real *d_after;                 /* [rows, out] dL/dh_t */
    qp_real *d_first;                 /* [sequences, out] by rank */
    qp_real *d_cell;                  /* [sequences, hidden] dL/dc as it travels back, by rank */
    qp_real *d_unprojected;           /* [sequences, hidden] of one step; NULL without projection */
    qp_real *d_read;                  /* [sequences, out] of one step; NULL without mask */
    qp_real *d_gated;                 /* [sequences, out] of one step; NULL without V */
    qp_real *d_partial;               /* [sequences, hidden] of one step, for the cell; NULL without V */
    qp_real *d_kept;                  /* [sequences, hidden] of one step; NULL without keep_cell */
    qp_real *d_extra[QP_CELL_EXTRAS]; /* gradients of the extras, to be added to; laid out as these */
} qp_recurrent_run;

/* A cell: its arithmetic between the products, on the `count` rows of step t beginning at place `place`.
 * Only forward and backward must be there. */
typedef struct {
    qp_cell_shape shape;
    bool product_apart; /* U's product in a buffer of its own: recurrent = gates */
    void (*forward)(qp_recurrent_run *run, int t, int place, int count);
    /* dh [count, hidden]; dh_before [count, out]: add what does not pass through U, V */
    void (*backward)(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before);
    /* before forward: what V reads, of the gates before it; after backward: run->d_gated is its gradient, to those gates'
     * and added to d_read [count, out] */
    void (*gate)(qp_recurrent_run *run, int place, int count);
    void (*gate_backward)(qp_recurrent_run *run, int place, int count, qp_real *d_read);
    /* x W' of all rows before b is added; and back, from the gates' gradients */
    void (*inputs)(qp_tape *tape, qp_recurrent_run *run);
    void (*inputs_backward)(qp_recurrent_run *run);
} qp_cell;

#define QP_CELL_DECLARE(NAME, symbol, text) extern const qp_cell qp_cell_##symbol;
QP_CELLS(QP_CELL_DECLARE)
#undef QP_CELL_DECLARE
extern const qp_cell qp_cell_rnn_relu;

/* qp_recurrence_cell_before — c_{t-1} of the sequence at rank i. */
const qp_real *qp_recurrence_cell_before(const qp_recurrent_run *run, int t, int i);

/* Masks, step by step (recurrence_masks.c); each does nothing where its mask is absent.
 * _read          before -> read          _read_back   d_read -> added to dh_before
 * _keep          what the cell made -> what goes on
 * _keep_back     dh, d_cell of what goes on -> dh of what the cell made, and shares of the state before: added to
 *                dh_before, put into d_kept;      _keep_cell_back adds these to d_cell after the cell's backward */
void qp_recurrence_read(qp_recurrent_run *run, int place, int count);
void qp_recurrence_read_back(const qp_recurrent_run *run, int count, qp_real *dh_before);
void qp_recurrence_keep(qp_recurrent_run *run, int t, int place, int count);
void qp_recurrence_keep_back(qp_recurrent_run *run, int place, int count, qp_real *dh, qp_real *dh_before);
void qp_recurrence_keep_cell_back(qp_recurrent_run *run, int count);

/* A window of two tokens (recurrence_window.c): x -> input [rows, 2*in], and back: d [rows, 2*in] -> dx [rows, in] in
 * working order. */
void qp_recurrence_window(const qp_recurrent_run *run, qp_real *input);
void qp_recurrence_window_back(const qp_recurrent_run *run, const qp_real *d, qp_real *dx);

/* qp_recurrence_plan — the order of work, in the tape's memory; false: the tape has failed. */
bool qp_recurrence_plan(qp_tape *tape, qp_sequences s, int rows, bool reverse, qp_recurrence *order);

#endif
