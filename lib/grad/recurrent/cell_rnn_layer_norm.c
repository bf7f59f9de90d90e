#include <string.h>

#include "lib/grad/recurrent/cell_norm.h"
#include "lib/tensor/pointwise.h"

/* h_t = tanh(LN(x_t W') + LN(h_{t-1} U') + b)                                        Source  Ba, Kiros & Hinton 2016 */

static void inputs(qp_tape *tape, qp_recurrent_run *run) { qp_cell_norms_inputs(tape, run, 1); }

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    size_t at = (size_t)place * (size_t)run->hidden, n = (size_t)count * (size_t)run->hidden;
    qp_real *a = run->gates + at;
    qp_cell_norms_product(run, place, count);
    qp_scale_add(n, 1, run->product + at, 1, a);
    qp_activate(QP_TANH, n, a, 0, a);
    memcpy(run->unprojected + at, a, n * sizeof *a);
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t, (void)dh_before;
    size_t at = (size_t)place * (size_t)run->hidden, n = (size_t)count * (size_t)run->hidden;
    qp_activate_back(QP_TANH, n, NULL, run->unprojected + at, 0, dh, 0, run->gates + at);
    memcpy(run->product + at, run->gates + at, n * sizeof *dh);
    qp_cell_norms_product_back(run, place, count);
}

const qp_cell qp_cell_rnn_layer_norm = {
    .shape = {.gates = 1, .recurrent = 1, .forget = QP_CELL_NO_GATE, .extra = {QP_CELL_NORM_EXTRAS(1)}},
    .product_apart = true,
    .forward = forward,
    .backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
