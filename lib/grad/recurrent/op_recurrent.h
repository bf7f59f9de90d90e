#ifndef QP_OP_RECURRENT_H
#define QP_OP_RECURRENT_H

#include "lib/grad/recurrent/recurrent_types.h"

/* qp_recurrent — one direction of a recurrent layer over a ragged batch, as one tape entry, for every cell.
 *   a_t = x_t W' + b + h_{t-1} U' + c          W, U, b, c hold one block of `hidden` rows per gate, in the order named
 *   QP_CELL_RNN, QP_CELL_RNN_RELU  h_t = f(a_t), f = tanh or relu
 *   QP_CELL_LSTM  i f g o    c_t = sigmoid(f)*c_{t-1} + sigmoid(i)*tanh(g)      h_t = sigmoid(o)*tanh(c_t)
 *   QP_CELL_GRU   r z n      n_t = tanh(x W_n' + b_n + sigmoid(r)*(h_{t-1} U_n' + c_n)): reset after the product
 *                            h_t = (1 - sigmoid(z))*n_t + sigmoid(z)*h_{t-1}
 *   other cells: the equations are in the cell's file, lib/grad/recurrent/cell_*.c
 * x         [rows, in]
 * s         the sequences of x, each of at least one row, together all rows of x
 * w         as the cell's shape says: input W [gates*hidden, window*in]; recurrent U [recurrent*hidden, out] and
 *           gated V [gated*hidden, out] or empty; bias b [1, gates*hidden] or empty; recurrent_bias c the same (rnn,
 *           lstm, gru); projection P [out, hidden] or empty (LSTM only: h_t := h_t P'), out = hidden without one; and
 *           the cell's extras
 * reverse   read each sequence from its last token to its first
 * first     state before the first token read; NULL or empty tensors: zeros; receives a gradient where it has a node
 * last      receives the state after the last token read; NULL: not wanted. Gradients written to it flow back.
 * returns   [rows, out]
 * Time      one product with W for all steps, one product with U per step over the sequences that are still running
 *           (they are sorted by length), and one product per weight gradient.
 * Memory    (gates + 3)*hidden + in reals per row on the tape; layer norm: three times the gates; masks: see there.
 * Errors    QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source    RNN: Elman 1990; LSTM: Hochreiter & Schmidhuber 1997, forget gate: Gers et al. 2000, projection: Sak et al.
 *           2014; GRU: Cho et al. 2014, in cuDNN's form. */
qp_tensor qp_recurrent(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w, bool reverse,
                       const qp_carry *first, qp_carry *last);

/* qp_cell_shape_of — the parameters of a cell. */
const qp_cell_shape *qp_cell_shape_of(qp_cell_kind cell);

#endif
