#ifndef QP_OP_RECURRENT_H
#define QP_OP_RECURRENT_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* The cells: one row each (name in enumerations, name of the cell's description, name people type) and one file
 * lib/grad/cell_*.c. Models offer every row as an --encoder and a --decoder. */
#define QP_CELLS(X)                                                                                                    \
    X(RNN, rnn_tanh, "rnn")                                                                                            \
    X(LSTM, lstm, "lstm")                                                                                              \
    X(GRU, gru, "gru")                                                                                                 \
    X(RNN_LAYER_NORM, rnn_layer_norm, "rnn-layer-norm")                                                                \
    X(LSTM_LAYER_NORM, lstm_layer_norm, "lstm-layer-norm")                                                             \
    X(GRU_LAYER_NORM, gru_layer_norm, "gru-layer-norm")                                                                \
    X(LSTM_PEEPHOLE, lstm_peephole, "lstm-peephole")                                                                   \
    X(LSTM_COUPLED, lstm_coupled, "lstm-coupled")                                                                      \
    X(GRU_RESET_BEFORE, gru_reset_before, "gru-reset-before")                                                          \
    X(MGU, mgu, "mgu")                                                                                                 \
    X(MIN_GRU, min_gru, "min-gru")                                                                                     \
    X(MIN_LSTM, min_lstm, "min-lstm")                                                                                  \
    X(SRU, sru, "sru")                                                                                                 \
    X(QRNN, qrnn, "qrnn")

/* qp_recurrent — one direction of a recurrent layer over a ragged batch, one tape entry, whatever the cell.
 *   a_t = x_t W' + b + h_{t-1} U' + c          gate blocks of `hidden` rows in W, U, b, c, in the order of the letters
 *   QP_CELL_RNN, _RNN_RELU  h_t = f(a_t), f = tanh or relu
 *   QP_CELL_LSTM  i f g o    c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)      h_t = sigmoid(o) tanh(c_t)
 *   QP_CELL_GRU   r z n      n_t = tanh(x W_n' + b_n + sigmoid(r) (h_{t-1} U_n' + c_n))  reset AFTER the product
 *                            h_t = (1 - sigmoid(z)) n_t + sigmoid(z) h_{t-1}
 *   the others: the equation stands in the cell's file
 * x         [rows, in]
 * w         as the cell's shape says (below): input W [gates*hidden, window*in], recurrent U [recurrent*hidden, out] and
 *           gated V [gated*hidden, out] or empty; bias b [1, gates*hidden] or empty; recurrent_bias c (rnn, lstm, gru);
 *           projection [out, hidden] (LSTM only: h_t := h_t projection') or empty, then out = hidden; the cell's extras
 * reverse   read each sequence from its last token to its first
 * first     state before the first token read: hidden [sequences, out], for cells with a c cell [sequences, hidden];
 *           NULL or empty tensors are zeros; receives a gradient where it has a node
 * last      receives the state after the last token read; NULL: not wanted. Gradients written to it flow back.
 * returns   [rows, out]
 * The product with x is one product for all steps, the weights' gradients are one product each; the step itself shrinks
 * as sequences end (they are worked off longest first).
 * Memory    (gates + 3)*hidden + in reals per row on the tape; layer norm: three times the gates; masks: see there.
 * Errors    QP_ESHAPE, QP_EMEMORY, remembered by the tape.
 * Source    Elman 1990; Hochreiter & Schmidhuber 1997, forget gate: Gers et al. 2000, projection: Sak et al. 2014;
 *           Cho et al. 2014 in the form of cuDNN. */
#define QP_CELL_ENUM(NAME, symbol, text) QP_CELL_##NAME,
typedef enum { QP_CELLS(QP_CELL_ENUM) QP_CELL_RNN_RELU, QP_CELL_COUNT } qp_cell_kind;
#undef QP_CELL_ENUM

/* What a cell is made of. An extra is a parameter [rows, blocks*hidden] of the cell's own, filled with `first`. */
enum { QP_CELL_EXTRAS = 6, QP_CELL_NO_GATE = -1 };
typedef struct {
    const char *name;
    int rows, blocks;
    double first;
} qp_cell_extra;
typedef struct {
    int gates;     /* row blocks of W and b */
    int recurrent; /* row blocks of U, which reads h_{t-1}: of the first gates; 0: there is no U */
    int gated;     /* row blocks of V, which reads what the cell makes of h_{t-1} (r*h): of the last gates; or 0 */
    int window;    /* tokens that W reads: 0 or 1: x_t; 2: x_{t-1} and x_t, column by column side by side */
    bool has_cell; /* c beside h */
    bool two_biases;
    int forget;                          /* the gate whose bias keeps the old state where it is large, or none */
    qp_cell_extra extra[QP_CELL_EXTRAS]; /* ended by a NULL name */
} qp_cell_shape;
const qp_cell_shape *qp_cell_shape_of(qp_cell_kind cell);

/* Noise on the state. The memory is the caller's, until the backward.
 *   recurrent    m [sequences, out]: h_{t-1} m wherever h enters a product, the same m at every step
 *                Source  Gal & Ghahramani 2016
 *   keep_hidden  m [rows, out]: h_t := m h_{t-1} + (1 - m) h_t             keep_cell  the same for c, [rows, hidden]
 *                Source  zoneout: Krueger et al. 2017 (m drawn in training, its mean in use)
 * Memory  one more matrix [rows, out or hidden] for each. */
typedef struct {
    const qp_real *recurrent, *keep_hidden, *keep_cell; /* NULL: none */
} qp_recurrent_masks;

typedef struct {
    qp_cell_kind cell;
    int hidden;
    qp_tensor input, recurrent, gated, bias, recurrent_bias, projection;
    qp_tensor extra[QP_CELL_EXTRAS];
    qp_real epsilon; /* of the cell's layer norms */
    qp_recurrent_masks masks;
} qp_recurrent_weights;

typedef struct {
    qp_tensor hidden, cell;
} qp_carry;

qp_tensor qp_recurrent(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_recurrent_weights *w, bool reverse,
                       const qp_carry *first, qp_carry *last);

#endif
