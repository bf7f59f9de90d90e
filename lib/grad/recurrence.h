#ifndef QP_RECURRENCE_H
#define QP_RECURRENCE_H

#include "lib/grad/op_recurrent.h"

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
    bool stepping; /* one step of many: see step_weights.h */
    qp_tensor x;   /* as given; y, last as made */
    qp_tensor y;
    qp_carry first, last;
    qp_real *input;       /* [rows, in] x in working order */
    qp_real *gates;       /* [rows, gates*hidden] */
    qp_real *product;     /* [rows, gates*hidden] h U' + c, where the cell keeps it apart (GRU); else NULL */
    qp_real *before;      /* [rows, out] h_{t-1} */
    qp_real *cell;        /* [rows, hidden] c_t (LSTM) */
    qp_real *cell_first;  /* [sequences, hidden] c before the first token, by rank (LSTM) */
    qp_real *unprojected; /* [rows, hidden] h before the projection; else the same as `after` */
    qp_real *after;       /* [rows, out] h_t */
    /* backward */
    qp_real *d_after;       /* [rows, out] dL/dh_t */
    qp_real *d_first;       /* [sequences, out] by rank */
    qp_real *d_cell;        /* [sequences, hidden] dL/dc as it travels back, by rank */
    qp_real *d_unprojected; /* [sequences, hidden] of one step; NULL without projection */
} qp_recurrent_run;

/* A cell: its arithmetic between the products, on the `count` rows of step t beginning at place `place`. */
typedef struct {
    int gates;
    bool product_apart, has_cell;
    void (*forward)(qp_recurrent_run *run, int t, int place, int count);
    /* dh [count, hidden]; dh_before [count, out]: add what does not pass through U */
    void (*backward)(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before);
} qp_cell;

extern const qp_cell qp_cell_rnn_tanh, qp_cell_rnn_relu, qp_cell_lstm, qp_cell_gru;

/* qp_recurrence_plan — the order of work, in the tape's memory; false: the tape has failed. */
bool qp_recurrence_plan(qp_tape *tape, qp_sequences s, int rows, bool reverse, qp_recurrence *order);

#endif
