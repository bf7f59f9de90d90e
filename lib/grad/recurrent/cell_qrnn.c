#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* z f o    the quasi-recurrent network: a convolution over two tokens, then pooling with a forget gate; there is no U
 *   a_t = [x_{t-1} x_t] W' + b, W [3*hidden, in, 2], zeros before the first token
 *   c_t = sigmoid(f)*c_{t-1} + (1 - sigmoid(f))*tanh(z)     h_t = sigmoid(o)*c_t        Source  Bradbury et al. 2017 */

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *z = row->gates, *f = z + width, *o = f + width, *c = row->cell, *h = row->h;
    const qp_real *before = row->cell_before;
    qp_activate(QP_TANH, width, z, 0, z);
    qp_activate(QP_SIGMOID, 2 * width, f, 0, f);
    for (size_t k = 0; k < width; k++) c[k] = z[k] + f[k] * (before[k] - z[k]);
    for (size_t k = 0; k < width; k++) h[k] = o[k] * c[k];
}

/* With d = dc + dh*o:
 *   da_z = d*(1-f)*(1-z*z)     da_f = d*(c_{t-1}-z)*f*(1-f)     da_o = dh*c*o*(1-o)     dc_{t-1} = d*f */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *z = row->gates, *f = z + width, *o = f + width, *dc = row->d_cell;
    const qp_real *before = row->cell_before, *c = row->cell, *up = row->dh;
    for (size_t k = 0; k < width; k++) {
        qp_real d = dc[k] + up[k] * o[k], df = d * (before[k] - z[k]) * f[k] * (1 - f[k]);
        o[k] = up[k] * c[k] * o[k] * (1 - o[k]);
        z[k] = d * (1 - f[k]) * (1 - z[k] * z[k]);
        dc[k] = d * f[k];
        f[k] = df;
    }
}

const qp_cell qp_cell_qrnn = {
    .shape = {.gates = 3, .window = 2, .has_cell = true, .forget = 1}, .forward = forward, .backward = backward};
