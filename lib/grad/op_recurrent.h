#ifndef QP_OP_RECURRENT_H
#define QP_OP_RECURRENT_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* qp_recurrent — one direction of a recurrent layer over a ragged batch, one tape entry, whatever the cell.
 *   a_t = x_t W' + b + h_{t-1} U' + c          gate blocks of `hidden` rows in W, U, b, c, in the order of the letters
 *   QP_CELL_RNN_TANH, _RELU  h_t = f(a_t)
 *   QP_CELL_LSTM  i f g o    c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)      h_t = sigmoid(o) tanh(c_t)
 *   QP_CELL_GRU   r z n      n_t = tanh(x W_n' + b_n + sigmoid(r) (h_{t-1} U_n' + c_n))  reset AFTER the product
 *                            h_t = (1 - sigmoid(z)) n_t + sigmoid(z) h_{t-1}
 * x         [rows, in]
 * w         input W [gates*hidden, in], recurrent U [gates*hidden, out]; bias b, recurrent_bias c [1, gates*hidden] or
 *           empty; projection [out, hidden] (LSTM only: h_t := h_t projection') or empty, then out = hidden
 * reverse   read each sequence from its last token to its first
 * first     state before the first token read: hidden [sequences, out], for LSTM cell [sequences, hidden]; NULL or empty
 *           tensors are zeros; receives a gradient where it has a node
 * last      receives the state after the last token read; NULL: not wanted. Gradients written to it flow back.
 * returns   [rows, out]
 * The product with x is one product for all steps, the weights' gradients are one product each; the step itself shrinks
 * as sequences end (they are worked off longest first).
 * Memory    (gates + 3)*hidden + in reals per row on the tape.
 * Errors    QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source    Elman 1990; Hochreiter & Schmidhuber 1997, forget gate: Gers et al. 2000, projection: Sak et al. 2014;
 *           Cho et al. 2014 in the form of cuDNN. */
typedef enum { QP_CELL_RNN_TANH, QP_CELL_RNN_RELU, QP_CELL_LSTM, QP_CELL_GRU, QP_CELL_COUNT } qp_cell_kind;

typedef struct {
    qp_cell_kind cell;
    int hidden;
    qp_tensor input, recurrent, bias, recurrent_bias, projection;
} qp_recurrent_weights;

typedef struct {
    qp_tensor hidden, cell;
} qp_carry;

int qp_cell_gates(qp_cell_kind cell); /* 1, 4 or 3 */

qp_tensor qp_recurrent(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w, bool reverse,
                       const qp_carry *first, qp_carry *last);

#endif
