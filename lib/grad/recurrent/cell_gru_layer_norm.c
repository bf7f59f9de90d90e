#include "lib/grad/recurrent/cell_norm.h"

/* r z n    a GRU (cell_gru.c) whose products are normed, each gate's by itself:
 *   r, z = sigmoid(LN(x_t W') + LN(h_{t-1} U') + b)     n = tanh(LN(x_t W_n') + b_n + r LN(h_{t-1} U_n'))
 *   h_t = (1 - z) n + z h_{t-1}                                                      Source  Ba, Kiros & Hinton 2016 */

static void inputs(qp_tape *tape, qp_recurrent_run *run) { qp_cell_norms_inputs(tape, run, 3); }

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    qp_cell_norms_product(run, place, count);
    qp_cell_gru.forward(run, t, place, count);
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    qp_cell_gru.backward(run, t, place, count, dh, dh_before);
    qp_cell_norms_product_back(run, place, count);
}

const qp_cell qp_cell_gru_layer_norm = {
    .shape = {.gates = 3, .recurrent = 3, .forget = QP_CELL_NO_GATE, .extra = {QP_CELL_NORM_EXTRAS(3)}},
    .product_apart = true,
    .forward = forward,
    .backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
