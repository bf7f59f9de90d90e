#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* r z n    the GRU as first published, reset BEFORE the product:
 *   r, z = sigmoid(x_t W' + b + h_{t-1} U')     n = tanh(x_t W_n' + b_n + (r h_{t-1}) V')
 *   h_t = (1 - z) n + z h_{t-1}                                                              Source  Cho et al. 2014 */

static void gate(qp_recurrent_run *run, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *r = run->gates + 3 * p * width;
        qp_activate(QP_SIGMOID, 2 * width, r, 0, r);
        qp_multiply_add(width, r, run->read + p * width, 0, run->gated + p * width);
    }
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *z = run->gates + 3 * p * width + width, *n = z + width, *h = run->unprojected + p * width;
        const qp_real *before = run->before + p * width;
        qp_activate(QP_TANH, width, n, 0, n);
        for (size_t k = 0; k < width; k++) h[k] = n[k] + z[k] * (before[k] - n[k]);
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *z = run->gates + 3 * p * width + width, *n = z + width;
        const qp_real *before = run->before + p * width, *d = dh + (size_t)i * width;
        qp_real *old = dh_before + (size_t)i * width;
        for (size_t k = 0; k < width; k++) {
            old[k] += d[k] * z[k];
            qp_real dn = d[k] * (1 - z[k]) * (1 - n[k] * n[k]);
            z[k] = d[k] * (before[k] - n[k]) * z[k] * (1 - z[k]);
            n[k] = dn;
        }
    }
}

static void gate_backward(qp_recurrent_run *run, int place, int count, qp_real *d_read)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *r = run->gates + 3 * p * width, *to = d_read + (size_t)i * width;
        const qp_real *read = run->read + p * width, *d = run->d_gated + (size_t)i * width;
        for (size_t k = 0; k < width; k++) {
            to[k] += d[k] * r[k];
            r[k] = d[k] * read[k] * r[k] * (1 - r[k]);
        }
    }
}

const qp_cell qp_cell_gru_reset_before = {.shape = {.gates = 3, .recurrent = 2, .gated = 1, .forget = QP_CELL_NO_GATE},
                                          .forward = forward,
                                          .backward = backward,
                                          .gate = gate,
                                          .gate_backward = gate_backward};
