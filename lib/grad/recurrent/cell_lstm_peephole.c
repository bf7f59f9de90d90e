#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* i f g o    an LSTM whose gates look at the cell through the weights p [3, hidden], within the sigmoids:
 *   i = sigmoid(a_i + p_0 c_{t-1})   f = sigmoid(a_f + p_1 c_{t-1})   c_t = f c_{t-1} + i tanh(a_g)
 *   o = sigmoid(a_o + p_2 c_t)       h_t = o tanh(c_t)                                Source  Gers & Schmidhuber 2000 */

static void row_forward(size_t width, const qp_real *p, qp_real *a, const qp_real *before, qp_real *c, qp_real *h)
{
    qp_real *i = a, *f = a + width, *g = a + 2 * width, *o = a + 3 * width;
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

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->w.extra[0].value, run->gates + 4 * p * width, qp_recurrence_cell_before(run, t, i),
                    run->cell + p * width, run->unprojected + p * width);
    }
}

/* u: tanh(c) of the row. dc comes in as dL/dc of the row after and goes out as dL/d before. */
static void row_backward(size_t width, const qp_real *p, qp_real *dp, qp_real *a, const qp_real *before,
                         const qp_real *c, const qp_real *u, const qp_real *dh, qp_real *dc)
{
    qp_real *i = a, *f = a + width, *g = a + 2 * width, *o = a + 3 * width;
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

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)dh_before;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *u = run->unprojected + p * width; /* h has had its last reader */
        qp_activate(QP_TANH, width, run->cell + p * width, 0, u);
        row_backward(width, run->w.extra[0].value, run->d_extra[0], run->gates + 4 * p * width,
                     qp_recurrence_cell_before(run, t, i), run->cell + p * width, u, dh + (size_t)i * width,
                     run->d_cell + (size_t)i * width);
    }
}

const qp_cell qp_cell_lstm_peephole = {
    .shape = {.gates = 4, .recurrent = 4, .has_cell = true, .forget = 1, .extra = {{"peephole", 3, 1, 0}}},
    .forward = forward,
    .backward = backward};
