#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* f n    the minimal gated unit: one gate does the work of a GRU's two
 *   f = sigmoid(x_t W' + b + h_{t-1} U')     n = tanh(x_t W_n' + b_n + (f*h_{t-1}) V')
 *   h_t = (1 - f)*h_{t-1} + f*n                                                             Source  Zhou et al. 2016 */

/* f, and gated = f*h_{t-1} */
static void gate(const qp_cell_row *row)
{
    qp_activate(QP_SIGMOID, row->width, row->gates, 0, row->gates);
    qp_multiply_add(row->width, row->gates, row->read, 0, row->gated);
}

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *f = row->gates, *n = f + width, *h = row->h;
    const qp_real *before = row->before;
    qp_activate(QP_TANH, width, n, 0, n);
    for (size_t k = 0; k < width; k++) h[k] = before[k] + f[k] * (n[k] - before[k]);
}

/* da_n = dh*f*(1-n*n)     dh_{t-1} += dh*(1-f)     partial = dh*(n-h_{t-1}): df without what comes through V */
static void backward(const qp_cell_row *row)
{
    qp_real *f = row->gates, *n = f + row->width, *old = row->dh_before, *partial = row->d_partial;
    const qp_real *before = row->before, *d = row->dh;
    for (size_t k = 0; k < row->width; k++) {
        old[k] += d[k] * (1 - f[k]);
        partial[k] = d[k] * (n[k] - before[k]);
        n[k] = d[k] * f[k] * (1 - n[k] * n[k]);
    }
}

/* With d = dL/d gated = da_n V:   da_f = (partial + d*h_{t-1})*f*(1-f)     dh_{t-1} += d*f */
static void gate_backward(const qp_cell_row *row)
{
    qp_real *f = row->gates, *to = row->d_read;
    const qp_real *read = row->read, *d = row->d_gated, *partial = row->d_partial;
    for (size_t k = 0; k < row->width; k++) {
        to[k] += d[k] * f[k];
        f[k] = (partial[k] + d[k] * read[k]) * f[k] * (1 - f[k]);
    }
}

const qp_cell qp_cell_mgu = {.shape = {.gates = 2, .recurrent = 1, .gated = 1, .forget = QP_CELL_NO_GATE},
                             .forward = forward,
                             .backward = backward,
                             .gate = gate,
                             .gate_backward = gate_backward};
