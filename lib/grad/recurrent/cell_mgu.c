#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* f n    the minimal gated unit, one gate for both tasks of a GRU's two:
 *   f = sigmoid(x_t W' + b + h_{t-1} U')     n = tanh(x_t W_n' + b_n + (f h_{t-1}) V')
 *   h_t = (1 - f) h_{t-1} + f n                                                             Source  Zhou et al. 2016 */

static void gate(qp_recurrent_run *run, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *f = run->gates + 2 * p * width;
        qp_activate(QP_SIGMOID, width, f, 0, f);
        qp_multiply_add(width, f, run->read + p * width, 0, run->gated + p * width);
    }
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *f = run->gates + 2 * p * width, *n = f + width, *h = run->unprojected + p * width;
        const qp_real *before = run->before + p * width;
        qp_activate(QP_TANH, width, n, 0, n);
        for (size_t k = 0; k < width; k++) h[k] = before[k] + f[k] * (n[k] - before[k]);
    }
}

/* df is known in part: the rest comes back through V. */
static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i), r = (size_t)i;
        qp_real *f = run->gates + 2 * p * width, *n = f + width;
        const qp_real *before = run->before + p * width, *d = dh + r * width;
        qp_real *old = dh_before + r * width, *partial = run->d_partial + r * width;
        for (size_t k = 0; k < width; k++) {
            old[k] += d[k] * (1 - f[k]);
            partial[k] = d[k] * (n[k] - before[k]);
            n[k] = d[k] * f[k] * (1 - n[k] * n[k]);
        }
    }
}

static void gate_backward(qp_recurrent_run *run, int place, int count, qp_real *d_read)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i), r = (size_t)i;
        qp_real *f = run->gates + 2 * p * width, *to = d_read + r * width;
        const qp_real *read = run->read + p * width, *d = run->d_gated + r * width;
        const qp_real *partial = run->d_partial + r * width;
        for (size_t k = 0; k < width; k++) {
            to[k] += d[k] * f[k];
            f[k] = (partial[k] + d[k] * read[k]) * f[k] * (1 - f[k]);
        }
    }
}

const qp_cell qp_cell_mgu = {.shape = {.gates = 2, .recurrent = 1, .gated = 1, .forget = QP_CELL_NO_GATE},
                             .forward = forward,
                             .backward = backward,
                             .gate = gate,
                             .gate_backward = gate_backward};
