#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* x f r s    the simple recurrent unit: no U, the gates see the cell through v [2, hidden] alone
 *   f = sigmoid(a_f + v_0 c_{t-1})   r = sigmoid(a_r + v_1 c_{t-1})   c_t = f c_{t-1} + (1 - f) a_x
 *   h_t = r tanh(c_t) + (1 - r) a_s                                                            Source  Lei et al. 2018 */

static void row_forward(size_t width, const qp_real *v, qp_real *a, const qp_real *before, qp_real *c, qp_real *h)
{
    qp_real *x = a, *f = a + width, *r = a + 2 * width, *s = a + 3 * width;
    qp_multiply_add(width, v, before, 1, f);
    qp_multiply_add(width, v + width, before, 1, r);
    qp_activate(QP_SIGMOID, 2 * width, f, 0, f);
    for (size_t k = 0; k < width; k++) c[k] = x[k] + f[k] * (before[k] - x[k]);
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] = s[k] + r[k] * (h[k] - s[k]);
}

static void forward(qp_recurrent_run *run, int t, int place, int count)
{
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_forward(width, run->w.extra[0].value, run->gates + 4 * p * width, qp_recurrence_cell_before(run, t, i),
                    run->cell + p * width, run->unprojected + p * width);
    }
}

/* u: tanh(c) of the row. dc comes in as dL/dc of the row after and goes out as dL/d before. */
static void row_backward(size_t width, const qp_real *v, qp_real *dv, qp_real *a, const qp_real *before,
                         const qp_real *u, const qp_real *dh, qp_real *dc)
{
    qp_real *x = a, *f = a + width, *r = a + 2 * width, *s = a + 3 * width;
    for (size_t k = 0; k < width; k++) {
        qp_real d = dc[k] + dh[k] * r[k] * (1 - u[k] * u[k]);
        qp_real dr = dh[k] * (u[k] - s[k]) * r[k] * (1 - r[k]), df = d * (before[k] - x[k]) * f[k] * (1 - f[k]);
        dc[k] = d * f[k] + df * v[k] + dr * v[width + k];
        dv[k] += df * before[k];
        dv[width + k] += dr * before[k];
        x[k] = d * (1 - f[k]);
        s[k] = dh[k] * (1 - r[k]);
        f[k] = df;
        r[k] = dr;
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)dh_before;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        qp_real *u = run->unprojected + p * width; /* h has had its last reader */
        qp_activate(QP_TANH, width, run->cell + p * width, 0, u);
        row_backward(width, run->w.extra[0].value, run->d_extra[0], run->gates + 4 * p * width,
                     qp_recurrence_cell_before(run, t, i), u, dh + (size_t)i * width, run->d_cell + (size_t)i * width);
    }
}

const qp_cell qp_cell_sru = {.shape = {.gates = 4, .has_cell = true, .forget = 1, .extra = {{"v", 2, 1, 0}}},
                             .forward = forward,
                             .backward = backward};
