#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* i f g o    an LSTM whose gates read the cell through the weights p [3, hidden]:
 *   i = sigmoid(a_i + p_0*c_{t-1})   f = sigmoid(a_f + p_1*c_{t-1})   c_t = f*c_{t-1} + i*tanh(a_g)
 *   o = sigmoid(a_o + p_2*c_t)       h_t = o*tanh(c_t)                               Source  Gers & Schmidhuber 2000 */

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *i = row->gates, *f = i + width, *g = f + width, *o = g + width, *c = row->cell, *h = row->h;
    const qp_real *before = row->cell_before, *p = row->extra;
    qp_multiply_add(width, p, before, 1, i);
    qp_multiply_add(width, p + width, before, 1, f);
    qp_activate(QP_SIGMOID, 2 * width, i, 0, i);
    qp_activate(QP_TANH, width, g, 0, g);
    for (size_t k = 0; k < width; k++) c[k] = f[k] * before[k] + i[k] * g[k];
    qp_multiply_add(width, p + 2 * width, c, 1, o);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] *= o[k];
}

/* With u = tanh(c), da_o = dh*u*o*(1-o) and d = dc + dh*o*(1-u*u) + da_o*p_2:
 *   da_i = d*g*i*(1-i)     da_f = d*c_{t-1}*f*(1-f)     da_g = d*i*(1-g*g)     dc_{t-1} = d*f + da_i*p_0 + da_f*p_1
 *   dp_0 += da_i*c_{t-1}   dp_1 += da_f*c_{t-1}         dp_2 += da_o*c_t */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *i = row->gates, *f = i + width, *g = f + width, *o = g + width, *u = row->h;
    qp_real *dc = row->d_cell, *dp = row->d_extra;
    const qp_real *before = row->cell_before, *c = row->cell, *p = row->extra, *dh = row->dh;
    qp_activate(QP_TANH, width, c, 0, u);
    for (size_t k = 0; k < width; k++) {
        qp_real d_o = dh[k] * u[k] * o[k] * (1 - o[k]);
        qp_real d = dc[k] + dh[k] * o[k] * (1 - u[k] * u[k]) + d_o * p[2 * width + k];
        qp_real di = d * g[k] * i[k] * (1 - i[k]), df = d * before[k] * f[k] * (1 - f[k]);
        dc[k] = d * f[k] + di * p[k] + df * p[width + k];
        g[k] = d * i[k] * (1 - g[k] * g[k]);
        dp[k] += di * before[k];
        dp[width + k] += df * before[k];
        dp[2 * width + k] += d_o * c[k];
        i[k] = di;
        f[k] = df;
        o[k] = d_o;
    }
}

const qp_cell qp_cell_lstm_peephole = {
    .shape = {.gates = 4, .recurrent = 4, .has_cell = true, .forget = 1, .extra = {{"peephole", 3, 1, 0}}},
    .forward = forward,
    .backward = backward};
