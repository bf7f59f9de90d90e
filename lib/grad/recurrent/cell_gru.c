#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/pointwise.h"

/* r z n    the GRU with the reset after the product; a = x_t W' + b and s = h_{t-1} U' + c are kept apart
 *   r = sigmoid(a_r + s_r)     z = sigmoid(a_z + s_z)     n = tanh(a_n + r*s_n)     h_t = (1 - z)*n + z*h_{t-1}
 * Source  Cho et al. 2014, in cuDNN's form */

/* One pass per function: a single loop over all of them is slower. */
static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *r = row->gates, *z = r + width, *n = z + width, *h = row->h;
    const qp_real *s_n = row->product + 2 * width, *before = row->before;
    qp_scale_add(2 * width, 1, row->product, 1, r);
    qp_activate(QP_SIGMOID, 2 * width, r, 0, r);
    qp_multiply_add(width, r, s_n, 1, n);
    qp_activate(QP_TANH, width, n, 0, n);
    for (size_t k = 0; k < width; k++) h[k] = n[k] + z[k] * (before[k] - n[k]);
}

/* da_n = dh*(1-z)*(1-n*n)     da_z = ds_z = dh*(h_{t-1}-n)*z*(1-z)     da_r = ds_r = da_n*s_n*r*(1-r)
 * ds_n = da_n*r               dh_{t-1} += dh*z */
static void backward(const qp_cell_row *row)
{
    qp_gru_row_back(row->width, row->gates, row->product, row->before, row->dh, row->dh_before);
}

const qp_cell qp_cell_gru = {.shape = {.gates = 3, .recurrent = 3, .two_biases = true, .forget = QP_CELL_NO_GATE},
                             .product_apart = true,
                             .forward = forward,
                             .backward = backward};
