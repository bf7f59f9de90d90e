#include "lib/grad/recurrent/cell_positive.h"
#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* z s    a GRU whose gates do not depend on the state: there is no U
 *   z = sigmoid(x_t W_z' + b_z)     s = g(x_t W_s' + b_s), g of cell_positive.h     h_t = (1 - z)*h_{t-1} + z*s
 * Source  Feng et al. 2024 */

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *z = row->gates, *s = z + width, *h = row->h;
    const qp_real *before = row->before;
    qp_activate(QP_SIGMOID, width, z, 0, z);
    qp_cell_positive(width, s, h);
    for (size_t k = 0; k < width; k++) h[k] = before[k] + z[k] * (s[k] - before[k]);
}

/* da_z = dh*(s-h_{t-1})*z*(1-z)     da_s = dh*z*g'(a_s)     dh_{t-1} += dh*(1-z) */
static void backward(const qp_cell_row *row)
{
    qp_real *z = row->gates, *s = z + row->width, *old = row->dh_before;
    const qp_real *before = row->before, *d = row->dh;
    for (size_t k = 0; k < row->width; k++) {
        old[k] += d[k] * (1 - z[k]);
        qp_real dz = d[k] * (s[k] - before[k]) * z[k] * (1 - z[k]);
        s[k] = d[k] * z[k] * qp_cell_positive_slope(s[k]);
        z[k] = dz;
    }
}

const qp_cell qp_cell_min_gru = {
    .shape = {.gates = 2, .forget = QP_CELL_NO_GATE}, .forward = forward, .backward = backward};
