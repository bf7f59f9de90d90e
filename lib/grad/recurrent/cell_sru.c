#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* x f r s    the simple recurrent unit: there is no U; the gates read the state only through v [2, hidden]
 *   f = sigmoid(a_f + v_0*c_{t-1})   r = sigmoid(a_r + v_1*c_{t-1})   c_t = f*c_{t-1} + (1 - f)*a_x
 *   h_t = r*tanh(c_t) + (1 - r)*a_s                                                          Source  Lei et al. 2018 */

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *x = row->gates, *f = x + width, *r = f + width, *s = r + width, *c = row->cell, *h = row->h;
    const qp_real *before = row->cell_before, *v = row->extra;
    qp_multiply_add(width, v, before, 1, f);
    qp_multiply_add(width, v + width, before, 1, r);
    qp_activate(QP_SIGMOID, 2 * width, f, 0, f);
    for (size_t k = 0; k < width; k++) c[k] = x[k] + f[k] * (before[k] - x[k]);
    qp_activate(QP_TANH, width, c, 0, h);
    for (size_t k = 0; k < width; k++) h[k] = s[k] + r[k] * (h[k] - s[k]);
}

/* With u = tanh(c) and d = dc + dh*r*(1-u*u):
 *   da_x = d*(1-f)     da_f = d*(c_{t-1}-x)*f*(1-f)     da_r = dh*(u-s)*r*(1-r)     da_s = dh*(1-r)
 *   dc_{t-1} = d*f + da_f*v_0 + da_r*v_1                dv_0 += da_f*c_{t-1}        dv_1 += da_r*c_{t-1} */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *x = row->gates, *f = x + width, *r = f + width, *s = r + width, *u = row->h;
    qp_real *dc = row->d_cell, *dv = row->d_extra;
    const qp_real *before = row->cell_before, *v = row->extra, *dh = row->dh;
    qp_activate(QP_TANH, width, row->cell, 0, u);
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

const qp_cell qp_cell_sru = {.shape = {.gates = 4, .has_cell = true, .forget = 1, .extra = {{"v", 2, 1, 0}}},
                             .forward = forward,
                             .backward = backward};
