#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/pointwise.h"

/* One row: a = [r z n] from x, s = [r z n] = h' U' + c from the state; a becomes the activations, s_n is kept.
 * n = tanh(a_n + r s_n);  h = (1 - z) n + z h'        A pass for each function: one loop over all of them is slower. */
static void row_forward(size_t width, qp_real *a, const qp_real *s, const qp_real *before, qp_real *h)
{
    qp_real *r = a, *z = a + width, *n = a + 2 * width;
    const qp_real *s_n = s + 2 * width;
    qp_scale_add(2 * width, 1, s, 1, a);
    qp_activate(QP_SIGMOID, 2 * width, a, 0, a);
    qp_multiply_add(width, r, s_n, 1, n);
    qp_activate(QP_TANH, width, n, 0, n);
    for (size_t k = 0; k < width; k++) h[k] = n[k] + z[k] * (before[k] - n[k]);
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->gates + 3 * p * width, run->product + 3 * p * width, run->before + p * width,
                    run->unprojected + p * width);
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_gru_row_back(width, run->gates + 3 * p * width, run->product + 3 * p * width, run->before + p * width,
                        dh + (size_t)i * width, dh_before + (size_t)i * width);
    }
}

const qp_cell qp_cell_gru = {.shape = {.gates = 3, .recurrent = 3, .two_biases = true, .forget = QP_CELL_NO_GATE},
                             .product_apart = true,
                             .forward = forward,
                             .backward = backward};
