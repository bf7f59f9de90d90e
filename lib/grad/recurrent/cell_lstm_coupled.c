#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* f g o    an LSTM whose input gate is 1 - the forget gate:
 *   c_t = sigmoid(f)*c_{t-1} + (1 - sigmoid(f))*tanh(g)     h_t = sigmoid(o)*tanh(c_t)     Source  Greff et al. 2015 */

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *f = row->gates, *g = f + width, *o = g + width, *c = row->cell, *h = row->h;
    const qp_real *before = row->cell_before;
    qp_activate(QP_SIGMOID, width, f, 0, f);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = g[k] + f[k] * (before[k] - g[k]);
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] *= o[k];
}

/* With u = tanh(c) and d = dc + dh*o*(1-u*u):
 *   da_f = d*(c_{t-1}-g)*f*(1-f)     da_g = d*(1-f)*(1-g*g)     da_o = dh*u*o*(1-o)     dc_{t-1} = d*f */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *f = row->gates, *g = f + width, *o = g + width, *u = row->h, *dc = row->d_cell;
    const qp_real *before = row->cell_before, *dh = row->dh;
    qp_activate(QP_TANH, width, row->cell, 0, u);
    for (size_t k = 0; k < width; k++) {
        qp_real d = dc[k] + dh[k] * o[k] * (1 - u[k] * u[k]);
        o[k] = dh[k] * u[k] * o[k] * (1 - o[k]);
        dc[k] = d * f[k];
        qp_real df = d * (before[k] - g[k]) * f[k] * (1 - f[k]);
        g[k] = d * (1 - f[k]) * (1 - g[k] * g[k]);
        f[k] = df;
    }
}

const qp_cell qp_cell_lstm_coupled = {
    .shape = {.gates = 3, .recurrent = 3, .has_cell = true, .forget = 0}, .forward = forward, .backward = backward};
