#ifndef QP_RECURRENT_TYPES_H
#define QP_RECURRENT_TYPES_H

#include "lib/base/batch.h"
#include "lib/grad/tape.h"

/* recurrent_types — the cells, their weights and their state.
 *
 * One row per cell: its name in enumerations, the name of its description (one file cell_*.c), and the name that people
 * type. Models offer every row as an --encoder and a --decoder. */
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

#define QP_CELL_ENUM(NAME, symbol, text) QP_CELL_##NAME,
typedef enum { QP_CELLS(QP_CELL_ENUM) QP_CELL_RNN_RELU, QP_CELL_COUNT } qp_cell_kind;
#undef QP_CELL_ENUM

/* An extra is a parameter [rows, blocks*hidden] that only this cell has; it is initialised to `first`. */
enum { QP_CELL_EXTRAS = 6, QP_CELL_NO_GATE = -1 };
typedef struct {
    const char *name;
    int rows, blocks;
    double first;
} qp_cell_extra;

/* qp_cell_shape — the parameters of a cell. */
typedef struct {
    int gates;     /* row blocks of W and b */
    int recurrent; /* row blocks of U, which multiplies h_{t-1}: those of the first gates; 0: the cell has no U */
    int gated;     /* row blocks of V, which multiplies a gated h_{t-1} (r*h): those of the last gates; 0: no V */
    int window;    /* tokens that W reads: 0 or 1: x_t; 2: x_{t-1} and x_t, their columns interleaved */
    bool has_cell; /* the state has a cell c beside h */
    bool two_biases;
    int forget; /* the gate that keeps the old state when its bias is large, or QP_CELL_NO_GATE */
    qp_cell_extra extra[QP_CELL_EXTRAS]; /* ended by a NULL name */
} qp_cell_shape;

/* qp_recurrent_masks — noise on the state. Borrowed until the backward.
 *   recurrent    m [sequences, out]: h_{t-1}*m wherever h enters a product, the same m at every step
 *                Source  Gal & Ghahramani 2016
 *   keep_hidden  m [rows, out]: h_t := m*h_{t-1} + (1 - m)*h_t            keep_cell  the same for c, [rows, hidden]
 *                Source  zoneout: Krueger et al. 2017 (m is drawn in training; in use it is the mean of m)
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

/* qp_carry — the state between two calls: hidden [sequences, out], cell [sequences, hidden]. */
typedef struct {
    qp_tensor hidden, cell;
} qp_carry;

#endif
