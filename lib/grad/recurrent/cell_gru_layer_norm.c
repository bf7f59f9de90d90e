#include "lib/grad/recurrent/cell_norm.h"

/* r z n    a GRU (cell_gru.c) whose products are normalised, each gate separately:
 *   r, z = sigmoid(LN(x_t W') + LN(h_{t-1} U') + b)     n = tanh(LN(x_t W_n') + b_n + r*LN(h_{t-1} U_n'))
 *   h_t = (1 - z)*n + z*h_{t-1}                                                      Source  Ba, Kiros & Hinton 2016 */

static void inputs(qp_tape *tape, qp_recurrent_run *run) { qp_cell_norms_inputs(tape, run, 3); }

static void forward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    qp_cell_norms_product(run, step->place, step->count);
    qp_recurrence_each_row(run, step, qp_cell_gru.forward);
}

/* The GRU's backward (cell_gru.c), then the norm's (qp_norm_rows_back) for the product with h. */
static void backward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    qp_recurrence_each_row(run, step, qp_cell_gru.backward);
    qp_cell_norms_product_back(run, step->place, step->count);
}

const qp_cell qp_cell_gru_layer_norm = {
    .shape = {.gates = 3, .recurrent = 3, .forget = QP_CELL_NO_GATE, .extra = {QP_CELL_NORM_EXTRAS(3)}},
    .product_apart = true,
    .step_forward = forward,
    .step_backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
