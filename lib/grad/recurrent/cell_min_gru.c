#include "lib/grad/recurrent/cell_positive.h"
#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* z s    a GRU whose gates do not look at the state: there is no U
 *   z = sigmoid(x_t W_z' + b_z)     s = g(x_t W_s' + b_s), g of cell_positive.h     h_t = (1 - z) h_{t-1} + z s
 * Source  Feng et al. 2024 */

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *z = run->gates + 2 * p * width, *s = z + width, *h = run->unprojected + p * width;
        const qp_real *before = run->before + p * width;
        qp_activate(QP_SIGMOID, width, z, 0, z);
        qp_cell_positive(width, s, h);
        for (size_t k = 0; k < width; k++) h[k] = before[k] + z[k] * (s[k] - before[k]);
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *z = run->gates + 2 * p * width, *s = z + width, *old = dh_before + (size_t)i * width;
        const qp_real *before = run->before + p * width, *d = dh + (size_t)i * width;
        for (size_t k = 0; k < width; k++) {
            old[k] += d[k] * (1 - z[k]);
            qp_real dz = d[k] * (s[k] - before[k]) * z[k] * (1 - z[k]);
            s[k] = d[k] * z[k] * qp_cell_positive_slope(s[k]);
            z[k] = dz;
        }
    }
}

const qp_cell qp_cell_min_gru = {
    .shape = {.gates = 2, .forget = QP_CELL_NO_GATE}, .forward = forward, .backward = backward};
