#ifndef QP_RECURRENCE_H
#define QP_RECURRENCE_H

#include "lib/grad/recurrent/recurrent_types.h"

/* recurrence — what op_recurrent.c and its cells share: the working order and the buffers of one call.
 *
 * Working order is time-major: step 0 of all sequences, then step 1, ...; within a step the sequences are sorted by
 * length, longest first, so the ones that are still running are always a prefix. The `rank` of a sequence is its index
 * in that order; the `place` of a row is its index in the time-major matrices. */
typedef struct {
    int rows, sequences, steps;
    int32_t *rank;   /* [sequences] the sequence at each rank; equal lengths stay in batch order */
    int32_t *length; /* [sequences] its length, by rank */
    int32_t *first;  /* [steps + 1] place of each step's first row; first[t+1]-first[t] sequences run at step t */
    int32_t *row;    /* [rows] the row of x at each place */
} qp_recurrence;

typedef struct qp_cell qp_cell;

/* The buffers of one call, all time-major. The backward turns `gates` (and `product`) into their gradients in place. */
typedef struct {
    const qp_cell *kind;
    qp_recurrence order;
    qp_recurrent_weights w;
    int hidden, out, gates_width;
    int product_width; /* columns of U's product: recurrent*hidden */
    bool stepping;     /* a step of a decoder: see step_weights.h */
    qp_tensor x, y;    /* in the caller's order */
    qp_carry first, last;
    qp_real *input;       /* [rows, window*in] x */
    qp_real *gates;       /* [rows, gates*hidden] */
    qp_real *product;     /* [rows, gates*hidden] h U' + c, for cells that need it apart from x W' + b; else NULL */
    qp_real *before;      /* [rows, out] h_{t-1} */
    qp_real *read;        /* [rows, out] h_{t-1} as products read it: masked, or the same memory as `before` */
    qp_real *gated;       /* [rows, out] what V multiplies; NULL without V */
    qp_real *cell;        /* [rows, hidden] c_t as the cell computes it */
    qp_real *cell_kept;   /* [rows, hidden] c_t after keep_cell; without it the same memory as `cell` */
    qp_real *cell_first;  /* [sequences, hidden] c before the first token, by rank */
    qp_real *unprojected; /* [rows, hidden] h as the cell computes it: before the projection and keep_hidden */
    qp_real *after;       /* [rows, out] h_t; without projection and keep_hidden the same memory as `unprojected` */
    void *own;            /* the cell's own memory */
    /* backward; those without `rows` are for one step, by rank */
    qp_real *d_after;                 /* [rows, out] dL/dh_t */
    qp_real *d_first;                 /* [sequences, out] dL/dh before the first token */
    qp_real *d_cell;                  /* [sequences, hidden] dL/dc_t, then dL/dc_{t-1} */
    qp_real *d_unprojected;           /* [sequences, hidden] NULL without projection */
    qp_real *d_read;                  /* [sequences, out] NULL without mask */
    qp_real *d_gated;                 /* [sequences, out] NULL without V */
    qp_real *d_partial;               /* [sequences, hidden] scratch of the cell; NULL without V */
    qp_real *d_kept;                  /* [sequences, hidden] NULL without keep_cell */
    qp_real *d_extra[QP_CELL_EXTRAS]; /* gradients of the extras, added to, in their layout */
} qp_recurrent_run;

/* One step: `count` rows from place `place`. */
typedef struct {
    int t, place, count;
    const qp_real *dh;  /* [count, hidden] dL/dh of what the cell computed (backward) */
    qp_real *dh_before; /* [count, out] dL/dh_{t-1}: the backward adds what does not pass through U or V */
    qp_real *d_read;    /* [count, out] gate_backward adds dL/d read */
} qp_recurrent_step;

/* One row of a step, the sequence at one rank. Pointers are NULL where the cell has no such buffer. */
typedef struct {
    size_t width;          /* hidden */
    qp_real *gates;        /* forward: a_t, to become the activations; backward: these, to become dL/da_t */
    qp_real *product;      /* the same for the part of h U' + c */
    const qp_real *before; /* h_{t-1} */
    const qp_real *read;   /* h_{t-1}, masked */
    qp_real *gated;
    const qp_real *cell_before; /* c_{t-1} */
    qp_real *cell;              /* c_t */
    qp_real *h;                 /* h_t; not read by the backward pass: scratch */
    const qp_real *extra;       /* the cell's first extra */
    qp_real *d_extra;
    const qp_real *dh;
    qp_real *dh_before, *d_cell, *d_gated, *d_partial, *d_read;
} qp_cell_row;

typedef void qp_cell_row_function(const qp_cell_row *row);
typedef void qp_cell_step_function(qp_recurrent_run *run, const qp_recurrent_step *step);

/* A cell: its arithmetic between the products, for each row of a step. */
struct qp_cell {
    qp_cell_shape shape;
    bool product_apart; /* U's product has its own buffer: recurrent = gates */
    qp_cell_row_function *forward, *backward;
    /* before the forward: gated = what V multiplies, from the gates ahead of V's;
     * after the backward: from d_gated, the gradients of those gates; adds to d_read */
    qp_cell_row_function *gate, *gate_backward;
    /* instead of forward and backward: a whole step at once */
    qp_cell_step_function *step_forward, *step_backward;
    /* x W' of all rows, before b is added; and the way back, from the gates' gradients */
    void (*inputs)(qp_tape *tape, qp_recurrent_run *run);
    void (*inputs_backward)(qp_recurrent_run *run);
};

#define QP_CELL_DECLARE(NAME, symbol, text) extern const qp_cell qp_cell_##symbol;
QP_CELLS(QP_CELL_DECLARE)
#undef QP_CELL_DECLARE
extern const qp_cell qp_cell_rnn_relu;

/* qp_recurrence_plan — the working order of sequences `s`, in the tape's memory; false: the tape has failed. */
bool qp_recurrence_plan(qp_tape *tape, qp_sequences s, int rows, bool reverse, qp_recurrence *order);

/* qp_recurrence_reals — [rows, columns] in the tape's memory, not cleared; NULL: the tape has failed. */
qp_real *qp_recurrence_reals(qp_tape *tape, int rows, int columns);

/* Between the caller's order and the working order.
 * qp_recurrence_scatter  to[row[i]] = beta*to[row[i]] + from[i], beta 0 or 1
 * qp_recurrence_collect  to[i] = from[row[i]]
 * qp_recurrence_state    by_rank [sequences, columns] = the caller's state `given`, or zeros without one */
void qp_recurrence_scatter(qp_matrix from, const int32_t *row, qp_real beta, qp_matrix to);
void qp_recurrence_collect(qp_matrix from, const int32_t *row, qp_matrix to);
void qp_recurrence_state(const qp_recurrence *order, qp_tensor given, int columns, qp_real *by_rank);

/* qp_recurrence_cell_before — c_{t-1} of the sequence at rank i
 * qp_recurrence_row          row i of a step
 * qp_recurrence_each_row     calls `function` for every row of a step, in order */
const qp_real *qp_recurrence_cell_before(const qp_recurrent_run *run, int t, int i);
qp_cell_row qp_recurrence_row(const qp_recurrent_run *run, const qp_recurrent_step *step, int i);
void qp_recurrence_each_row(const qp_recurrent_run *run, const qp_recurrent_step *step, qp_cell_row_function *function);

/* Masks (recurrence_masks.c); each function does nothing where its mask is absent.
 * qp_recurrence_read            read = m*before
 * qp_recurrence_read_back       dh_before += m*d_read
 * qp_recurrence_keep            h := m*h_{t-1} + (1-m)*h, c := m*c_{t-1} + (1-m)*c
 * qp_recurrence_keep_back       dh_before += m*dh, dh := (1-m)*dh;  d_kept = m*d_cell, d_cell := (1-m)*d_cell
 * qp_recurrence_keep_cell_back  d_cell += d_kept, after the cell's backward */
void qp_recurrence_read(qp_recurrent_run *run, int place, int count);
void qp_recurrence_read_back(const qp_recurrent_run *run, int count, qp_real *dh_before);
void qp_recurrence_keep(qp_recurrent_run *run, int t, int place, int count);
void qp_recurrence_keep_back(qp_recurrent_run *run, int place, int count, qp_real *dh, qp_real *dh_before);
void qp_recurrence_keep_cell_back(qp_recurrent_run *run, int count);

/* A window of two tokens (recurrence_window.c).
 * qp_recurrence_window       input [rows, 2*in]: columns of x_{t-1} and x_t interleaved; zeros before the first token
 * qp_recurrence_window_back  d [rows, 2*in] -> dx [rows, in], both in working order */
void qp_recurrence_window(const qp_recurrent_run *run, qp_real *input);
void qp_recurrence_window_back(const qp_recurrent_run *run, const qp_real *d, qp_real *dx);

#endif
