#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* r z n    the GRU as first published, with the reset before the product:
 *   r, z = sigmoid(x_t W' + b + h_{t-1} U')     n = tanh(x_t W_n' + b_n + (r*h_{t-1}) V')
 *   h_t = (1 - z)*n + z*h_{t-1}                                                              Source  Cho et al. 2014 */

/* r, z, and gated = r*h_{t-1} */
static void gate(const qp_cell_row *row)
{
    qp_activate(QP_SIGMOID, 2 * row->width, row->gates, 0, row->gates);
    qp_multiply_add(row->width, row->gates, row->read, 0, row->gated);
}

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *z = row->gates + width, *n = z + width, *h = row->h;
    const qp_real *before = row->before;
    qp_activate(QP_TANH, width, n, 0, n);
    for (size_t k = 0; k < width; k++) h[k] = n[k] + z[k] * (before[k] - n[k]);
}

/* da_z = dh*(h_{t-1}-n)*z*(1-z)     da_n = dh*(1-z)*(1-n*n)     dh_{t-1} += dh*z */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *z = row->gates + width, *n = z + width, *old = row->dh_before;
    const qp_real *before = row->before, *d = row->dh;
    for (size_t k = 0; k < width; k++) {
        old[k] += d[k] * z[k];
        qp_real dn = d[k] * (1 - z[k]) * (1 - n[k] * n[k]);
        z[k] = d[k] * (before[k] - n[k]) * z[k] * (1 - z[k]);
        n[k] = dn;
    }
}

/* With d = dL/d gated = da_n V:   da_r = d*h_{t-1}*r*(1-r)     dh_{t-1} += d*r */
static void gate_backward(const qp_cell_row *row)
{
    qp_real *r = row->gates, *to = row->d_read;
    const qp_real *read = row->read, *d = row->d_gated;
    for (size_t k = 0; k < row->width; k++) {
        to[k] += d[k] * r[k];
        r[k] = d[k] * read[k] * r[k] * (1 - r[k]);
    }
}

const qp_cell qp_cell_gru_reset_before = {.shape = {.gates = 3, .recurrent = 2, .gated = 1, .forget = QP_CELL_NO_GATE},
                                          .forward = forward,
                                          .backward = backward,
                                          .gate = gate,
                                          .gate_backward = gate_backward};
