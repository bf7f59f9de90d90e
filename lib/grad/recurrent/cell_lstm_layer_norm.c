#include <string.h>

#include "lib/grad/recurrent/cell_norm.h"
#include "lib/tensor/pointwise.h"

/* i f g o    a = LN(x_t W') + LN(h_{t-1} U') + b, each norm over all four gates
 *   c_t = sigmoid(f)*c_{t-1} + sigmoid(i)*tanh(g)     h_t = sigmoid(o)*tanh(LN(c_t))
 * The next step receives c_t, not LN(c_t).                                           Source  Ba, Kiros & Hinton 2016 */
typedef struct {
    qp_cell_norms products; /* first: cell_norm.c reads it through `own` */
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

static void cell_forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *i = row->gates, *f = i + width, *g = f + width, *o = g + width, *c = row->cell;
    const qp_real *before = row->cell_before;
    qp_activate(QP_SIGMOID, 2 * width, i, 0, i);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = f[k] * before[k] + i[k] * g[k];
}

static void forward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    const norms *own = run->own;
    size_t width = (size_t)run->hidden, at = (size_t)step->place * width, n = (size_t)step->count * width;
    qp_cell_norms_product(run, step->place, step->count);
    qp_scale_add(4 * n, 1, run->product + 4 * at, 1, run->gates + 4 * at);
    qp_recurrence_each_row(run, step, cell_forward);
    qp_real *u = own->squashed + at;
    memcpy(u, run->cell + at, n * sizeof *u);
    qp_cell_norm_forward(run, &own->cell, step->place, step->count, u);
    qp_activate(QP_TANH, n, u, 0, u);
    for (size_t r = 0; r < (size_t)step->count; r++)
        for (size_t k = 0; k < width; k++)
            run->unprojected[at + r * width + k] = run->gates[4 * (at + r * width) + 3 * width + k] * u[r * width + k];
}

/* With u = tanh(LN(c)), du = LN'(dh*o*(1-u*u)) and d = dc + du:   (i f g o are activations here)
 *   da_i = d*g*i*(1-i)     da_f = d*c_{t-1}*f*(1-f)     da_g = d*i*(1-g*g)     da_o = dh*u*o*(1-o)    dc_{t-1} = d*f */
static void cell_backward(const qp_cell_row *row, const qp_real *u, const qp_real *du)
{
    const size_t width = row->width;
    qp_real *i = row->gates, *f = i + width, *g = f + width, *o = g + width, *dc = row->d_cell;
    const qp_real *before = row->cell_before, *dh = row->dh;
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

static void backward(qp_recurrent_run *run, const qp_recurrent_step *step)
{
    const norms *own = run->own;
    size_t width = (size_t)run->hidden, at = (size_t)step->place * width;
    for (int r = 0; r < step->count; r++) {
        const qp_cell_row row = qp_recurrence_row(run, step, r);
        const qp_real *u = own->squashed + (size_t)(step->place + r) * width, *o = row.gates + 3 * width;
        qp_real *du = row.product; /* free until da is known */
        for (size_t k = 0; k < width; k++) du[k] = row.dh[k] * o[k] * (1 - u[k] * u[k]);
        qp_cell_norm_back(run, &own->cell, step->place + r, 1, du);
        cell_backward(&row, u, du);
    }
    memcpy(run->product + 4 * at, run->gates + 4 * at, 4 * (size_t)step->count * width * sizeof *run->product);
    qp_cell_norms_product_back(run, step->place, step->count);
}

const qp_cell qp_cell_lstm_layer_norm = {
    .shape = {.gates = 4,
              .recurrent = 4,
              .has_cell = true,
              .forget = 1,
              .extra = {QP_CELL_NORM_EXTRAS(4), {"norm_c.weight", 1, 1, 1}, {"norm_c.bias", 1, 1, 0}}},
    .product_apart = true,
    .step_forward = forward,
    .step_backward = backward,
    .inputs = inputs,
    .inputs_backward = qp_cell_norms_inputs_backward};
