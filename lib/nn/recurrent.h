#ifndef QP_RECURRENT_H
#define QP_RECURRENT_H

#include "lib/base/batch.h"
#include "lib/grad/recurrent/op_recurrent.h"
#include "lib/nn/highway.h"
#include "lib/nn/norm.h"
#include "lib/nn/params.h"

/* recurrent — stacked layers of one kind of cell, read forward or in both directions, over a ragged batch.
 *
 *   x_0 = x,   x_{l+1} = N_l( [x_l +] R_l(dropout(x_l)) )          dropout between layers only (not on x_0)
 *   R_l  the cell read forward; bidirectional: [forward | backward], or their sum
 *   [x_l +]  with `residual`, where the widths agree         N_l  a norm, with `norm`
 *   With `highway`, where the widths agree, a gate around the layer instead (nn/highway.h; Zhang et al. 2016)
 *
 * Parameters are named as PyTorch names them: NAME.weight_ih_l0 [gates*hidden, in], .weight_hh_l0 [gates*hidden, out],
 * .bias_ih_l0, .bias_hh_l0 [gates*hidden], .weight_hr_l0 [out, hidden] (projection), the backward direction appends
 * _reverse. If the cell has them, .weight_gh_l0 [gated*hidden, out] (it reads r*h) and its extras; with `norm`
 * NAME.norm_l0.weight and .bias; with `highway` NAME.highway_l0.weight and .bias; with a learned initial state NAME.h0
 * [slots, out], .c0 [slots, hidden].
 * A state is an array of carries by slot: layer*directions + direction (0 forward, 1 backward).
 * Source  stacking and directions: Graves et al. 2013; residual: Wu et al. 2016; variational dropout: Gal &
 *         Ghahramani 2016; zoneout: Krueger et al. 2017 (inference uses the mean over the draws of training). */
typedef struct {
    qp_cell_kind cell;
    int input, hidden, layers;
    qp_norm_kind norm_kind;
    int projection;          /* 0: none; LSTM only */
    bool bidirectional, sum; /* sum: the directions are added, not concatenated */
    bool bias, residual, highway, norm, learned_state;
    bool variational; /* one dropout mask a sequence, the same at every time step */
    qp_real dropout;
    qp_real recurrent_dropout;            /* on the state where a matrix reads it: one mask a sequence */
    qp_real zoneout_hidden, zoneout_cell; /* share of the state that keeps its value at each step */
    qp_init weight;                       /* first values of the matrices */
    double forget_bias;                   /* first value of a forget gate's bias */
    double epsilon;                       /* of layer norms */
} qp_recurrent_config;

typedef struct {
    int input, recurrent, gated, bias, recurrent_bias, projection; /* parameters; -1: none */
    int extra[QP_CELL_EXTRAS];                                     /* parameters of the cell's extras; -1: none */
} qp_recurrent_direction;

typedef struct {
    qp_recurrent_config config;
    qp_recurrent_direction *slot; /* [slots] owned */
    qp_norm *norm;                /* [layers] owned */
    qp_highway_gate *gate;        /* [layers] owned; weight -1: none */
    int directions, slots;
    bool has_cell;                /* c beside h in every state */
    int out, width;               /* of one direction; of a layer's output */
    int first_hidden, first_cell; /* parameters of the learned initial state, or -1 */
} qp_recurrent_module;

qp_status qp_recurrent_init(qp_recurrent_module *module, qp_params *params, const qp_recurrent_config *config,
                            const char *name);
void qp_recurrent_free(qp_recurrent_module *module);

/* Dropout masks shared by several calls, the steps of one decoder: row r of every layer's input belongs to group[r],
 * and sequence s of a call is group s. */
typedef struct {
    uint64_t key;
    const int32_t *group;
} qp_recurrent_noise;

typedef struct {
    qp_tape *tape;
    const qp_params *params;
    qp_sequences sequences;
    const qp_carry *first; /* [slots] before the first token; NULL: the initial state */
    qp_carry *last;        /* [slots] receives the state after the last token; may be `first`; NULL: not wanted */
    const qp_recurrent_noise *noise; /* with `variational`; NULL: new masks for this call */
} qp_recurrent_pass;

/* qp_recurrent_forward — x [rows, input] -> [rows, width].   Errors  remembered by the tape.
 * qp_recurrent_start — the initial state of `count` sequences, learned or zero, into state [slots]. */
qp_tensor qp_recurrent_forward(const qp_recurrent_module *module, const qp_recurrent_pass *pass, qp_tensor x);
void qp_recurrent_start(const qp_recurrent_module *module, qp_tape *tape, const qp_params *params, int count,
                        qp_carry *state);

/* qp_carry_gather — row i of the result continues row[i] of `from`; empty parts stay empty. */
qp_carry qp_carry_gather(qp_tape *tape, qp_carry from, int rows, const int32_t *row);

#endif
