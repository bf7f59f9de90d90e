#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* f g o    an LSTM that writes exactly where it forgets:
 *   c_t = sigmoid(f) c_{t-1} + (1 - sigmoid(f)) tanh(g)     h_t = sigmoid(o) tanh(c_t)       Source  Greff et al. 2015 */

static void row_forward(size_t width, qp_real *a, const qp_real *before, qp_real *c, qp_real *h)
{
    qp_real *f = a, *g = a + width, *o = a + 2 * width;
    qp_activate(QP_SIGMOID, width, f, 0, f);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = g[k] + f[k] * (before[k] - g[k]);
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] *= o[k];
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->gates + 3 * p * width, qp_recurrence_cell_before(run, t, i), run->cell + p * width,
                    run->unprojected + p * width);
    }
}

static void row_backward(size_t width, qp_real *a, const qp_real *before, const qp_real *u, const qp_real *dh,
                         qp_real *dc)
{
    qp_real *f = a, *g = a + width, *o = a + 2 * width;
    for (size_t k = 0; k < width; k++) {
        qp_real d = dc[k] + dh[k] * o[k] * (1 - u[k] * u[k]);
        o[k] = dh[k] * u[k] * o[k] * (1 - o[k]);
        dc[k] = d * f[k];
        qp_real df = d * (before[k] - g[k]) * f[k] * (1 - f[k]);
        g[k] = d * (1 - f[k]) * (1 - g[k] * g[k]);
        f[k] = df;
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
        row_backward(width, run->gates + 3 * p * width, qp_recurrence_cell_before(run, t, i), u, dh + (size_t)i * width,
                     run->d_cell + (size_t)i * width);
    }
}

const qp_cell qp_cell_lstm_coupled = {
    .shape = {.gates = 3, .recurrent = 3, .has_cell = true, .forget = 0}, .forward = forward, .backward = backward};
