#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/pointwise.h"

/* One row: a = [i f g o] becomes its activations; c = f c' + i g; h = o tanh(c).    A pass for each function: one loop
 * over all of them is slower. */
static void row_forward(size_t width, qp_real *a, const qp_real *before, qp_real *c, qp_real *h)
{
    qp_real *i = a, *f = a + width, *g = a + 2 * width, *o = a + 3 * width;
    qp_activate(QP_SIGMOID, 2 * width, i, 0, i);
    qp_activate(QP_TANH, width, g, 0, g);
    qp_activate(QP_SIGMOID, width, o, 0, o);
    for (size_t k = 0; k < width; k++) c[k] = f[k] * before[k] + i[k] * g[k];
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] *= o[k];
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->gates + 4 * p * width, qp_recurrence_cell_before(run, t, i), run->cell + p * width,
                    run->unprojected + p * width);
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)dh_before;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_lstm_row_back(width, run->gates + 4 * p * width, qp_recurrence_cell_before(run, t, i), run->cell + p * width,
                         dh + (size_t)i * width, run->d_cell + (size_t)i * width);
    }
}

const qp_cell qp_cell_lstm = {.shape = {.gates = 4, .recurrent = 4, .has_cell = true, .two_biases = true, .forget = 1},
                              .forward = forward,
                              .backward = backward};
