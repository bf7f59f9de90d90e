#include <string.h>

#include "lib/grad/recurrent/cell_norm.h"
#include "lib/tensor/pointwise.h"

/* i f g o    a = LN(x_t W') + LN(h_{t-1} U') + b, each norm over all four gates
 *   c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)     h_t = sigmoid(o) tanh(LN(c_t))     what goes on is c_t, not LN(c_t)
 * Source  Ba, Kiros & Hinton 2016 */
typedef struct {
    qp_cell_norms products; /* first: cell_norm.c knows it by `own` */
    qp_cell_norm cell;
    qp_real *squashed; /* [rows, hidden] tanh(LN(c)) */
} norms;

static void inputs(qp_tape *tape, qp_recurrent_run *run)
{
    norms *own = run->own = qp_tape_memory(tape, sizeof *own);
    if (!own) return;
    own->cell = (qp_cell_norm){.columns = run->hidden, .groups = 1, .weight = 4};
    own->squashed = qp_tape_memory(tape, (size_t)run->order.rows * (size_t)run->hidden * sizeof *own->squashed);
    if (own->squashed && qp_cell_norm_take(tape, run, &own->cell)) qp_cell_norms_inputs(tape, run, 1);
}

static void row_forward(size_t width, qp_real *a, const qp_real *before, qp_real *c)
{
    qp_real *i = a, *f = a + width, *g = a + 2 * width, *o = a + 3 * width;
    qp_activate(QP_SIGMOID, 2 * width, i, 0, i);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = f[k] * before[k] + i[k] * g[k];
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    const norms *own = run->own;
    size_t width = (size_t)run->hidden, at = (size_t)place * width, n = (size_t)count * width;
    qp_cell_norms_product(run, place, count);
    qp_scale_add(4 * n, 1, run->product + 4 * at, 1, run->gates + 4 * at);
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->gates + 4 * p * width, qp_recurrence_cell_before(run, t, i), run->cell + p * width);
    }
    qp_real *u = own->squashed + at;
    memcpy(u, run->cell + at, n * sizeof *u);
    qp_cell_norm_forward(run, &own->cell, place, count, u);
    qp_activate(QP_TANH, n, u, 0, u);
    for (size_t r = 0; r < (size_t)count; r++)
        for (size_t k = 0; k < width; k++)
            run->unprojected[at + r * width + k] = run->gates[4 * (at + r * width) + 3 * width + k] * u[r * width + k];
}

/* dc comes in as dL/dc of the row after and goes out as dL/d before; du = dL/dc through h. a becomes its gradient. */
static void row_backward(size_t width, qp_real *a, const qp_real *before, const qp_real *u, const qp_real *dh,
                         const qp_real *du, qp_real *dc)
{
    qp_real *i = a, *f = a + width, *g = a + 2 * width, *o = a + 3 * width;
    for (size_t k = 0; k < width; k++) {
        qp_real d = dc[k] + du[k];
        qp_real di = d * g[k] * i[k] * (1 - i[k]), df = d * before[k] * f[k] * (1 - f[k]);
        g[k] = d * i[k] * (1 - g[k] * g[k]);
        o[k] = dh[k] * u[k] * o[k] * (1 - o[k]);
        dc[k] = d * f[k];
        i[k] = di;
        f[k] = df;
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)dh_before;
    const norms *own = run->own;
    size_t width = (size_t)run->hidden, at = (size_t)place * width;
    for (int r = 0; r < count; r++) {
        size_t p = (size_t)(place + r);
        qp_real *a = run->gates + 4 * p * width, *du = run->product + 4 * p * width; /* free until da is known */
        const qp_real *u = own->squashed + p * width, *d = dh + (size_t)r * width;
        for (size_t k = 0; k < width; k++) du[k] = d[k] * a[3 * width + k] * (1 - u[k] * u[k]);
        qp_cell_norm_back(run, &own->cell, place + r, 1, du);
        row_backward(width, a, qp_recurrence_cell_before(run, t, r), u, d, du, run->d_cell + (size_t)r * width);
    }
    memcpy(run->product + 4 * at, run->gates + 4 * at, 4 * (size_t)count * width * sizeof *run->product);
    qp_cell_norms_product_back(run, place, count);
}

const qp_cell qp_cell_lstm_layer_norm = {
    .shape = {.gates = 4,
              .recurrent = 4,
              .has_cell = true,
              .forget = 1,
              .extra = {QP_CELL_NORM_EXTRAS(4), {"norm_c.weight", 1, 1, 1}, {"norm_c.bias", 1, 1, 0}}},
    .product_apart = true,
    .forward = forward,
    .backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
