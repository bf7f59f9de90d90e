#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/pointwise.h"

/* i f g o    c_t = sigmoid(f)*c_{t-1} + sigmoid(i)*tanh(g)     h_t = sigmoid(o)*tanh(c_t)
 * Source  Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000 */

/* One pass per function: a single loop over all of them is slower. */
static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *i = row->gates, *f = i + width, *g = f + width, *o = g + width, *c = row->cell, *h = row->h;
    const qp_real *before = row->cell_before;
    qp_activate(QP_SIGMOID, 2 * width, i, 0, i);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = f[k] * before[k] + i[k] * g[k];
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] *= o[k];
}

/* With u = tanh(c) and d = dc + dh*o*(1 - u*u):   (i f g o are activations here)
 *   da_i = d*g*i*(1-i)     da_f = d*c_{t-1}*f*(1-f)     da_g = d*i*(1-g*g)     da_o = dh*u*o*(1-o)    dc_{t-1} = d*f */
static void backward(const qp_cell_row *row)
{
    qp_lstm_row_back(row->width, row->gates, row->cell_before, row->cell, row->dh, row->d_cell);
}

const qp_cell qp_cell_lstm = {.shape = {.gates = 4, .recurrent = 4, .has_cell = true, .two_biases = true, .forget = 1},
                              .forward = forward,
                              .backward = backward};
