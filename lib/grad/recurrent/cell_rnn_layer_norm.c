#include <string.h>

#include "lib/grad/recurrent/cell_norm.h"
#include "lib/tensor/pointwise.h"

/* h_t = tanh(LN(x_t W') + LN(h_{t-1} U') + b)                                        Source  Ba, Kiros & Hinton 2016 */

static void inputs(qp_tape *tape, qp_recurrent_run *run) { qp_cell_norms_inputs(tape, run, 1); }

static void forward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    const size_t at = (size_t)step->place * (size_t)run->hidden, n = (size_t)step->count * (size_t)run->hidden;
    qp_real *a = run->gates + at;
    qp_cell_norms_product(run, step->place, step->count);
    qp_scale_add(n, 1, run->product + at, 1, a);
    qp_activate(QP_TANH, n, a, 0, a);
    memcpy(run->unprojected + at, a, n * sizeof *a);
}

/* da = dh*(1 - h*h), for both sums; then the norm's backward (qp_norm_rows_back) for the product with h. */
static void backward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    const size_t at = (size_t)step->place * (size_t)run->hidden, n = (size_t)step->count * (size_t)run->hidden;
    qp_activate_back(QP_TANH, n, NULL, run->unprojected + at, 0, step->dh, 0, run->gates + at);
    memcpy(run->product + at, run->gates + at, n * sizeof *run->product);
    qp_cell_norms_product_back(run, step->place, step->count);
}

const qp_cell qp_cell_rnn_layer_norm = {
    .shape = {.gates = 1, .recurrent = 1, .forget = QP_CELL_NO_GATE, .extra = {QP_CELL_NORM_EXTRAS(1)}},
    .product_apart = true,
    .step_forward = forward,
    .step_backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
