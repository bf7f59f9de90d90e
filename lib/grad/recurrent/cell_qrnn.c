#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* z f o    the quasi-recurrent network, a convolution of two tokens and a pooling that forgets: no U
 *   a_t = [x_{t-1} x_t] W' + b, W [3*hidden, in, 2], zeros before the first token
 *   c_t = sigmoid(f) c_{t-1} + (1 - sigmoid(f)) tanh(z)     h_t = sigmoid(o) c_t          Source  Bradbury et al. 2017 */

static void row_forward(size_t width, qp_real *a, const qp_real *before, qp_real *c, qp_real *h)
{
    qp_real *z = a, *f = a + width, *o = a + 2 * width;
    qp_activate(QP_TANH, width, z, 0, z);
    qp_activate(QP_SIGMOID, 2 * width, f, 0, f);
    for (size_t k = 0; k < width; k++) c[k] = z[k] + f[k] * (before[k] - z[k]);
    for (size_t k = 0; k < width; k++) h[k] = o[k] * c[k];
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

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)dh_before;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i), row = (size_t)i;
        qp_real *z = run->gates + 3 * p * width, *f = z + width, *o = f + width, *dc = run->d_cell + row * width;
        const qp_real *before = qp_recurrence_cell_before(run, t, i), *c = run->cell + p * width;
        const qp_real *up = dh + row * width;
        for (size_t k = 0; k < width; k++) {
            qp_real d = dc[k] + up[k] * o[k], df = d * (before[k] - z[k]) * f[k] * (1 - f[k]);
            o[k] = up[k] * c[k] * o[k] * (1 - o[k]);
            z[k] = d * (1 - f[k]) * (1 - z[k] * z[k]);
            dc[k] = d * f[k];
            f[k] = df;
        }
    }
}

const qp_cell qp_cell_qrnn = {
    .shape = {.gates = 3, .window = 2, .has_cell = true, .forget = 1}, .forward = forward, .backward = backward};
