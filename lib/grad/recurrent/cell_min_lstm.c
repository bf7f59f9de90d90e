#include "lib/grad/recurrent/cell_positive.h"
#include "lib/grad/recurrent/recurrence.h"
#include "lib/tensor/pointwise.h"

/* f i s    an LSTM whose gates do not depend on the state and sum to 1: there is no U and no c
 *   f, i = sigmoid(x_t W' + b)     s = g(x_t W_s' + b_s), g of cell_positive.h     h_t = (f*h_{t-1} + i*s) / (f + i)
 * Where both gates underflow to 0 they count as equal: h_t = (h_{t-1} + s) / 2.             Source  Feng et al. 2024 */

/* f / (f + i) */
static qp_real share(qp_real f, qp_real i) { return f + i > 0 ? f / (f + i) : (qp_real)0.5; }

static void forward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *f = row->gates, *i = f + width, *s = i + width, *h = row->h;
    const qp_real *before = row->before;
    qp_activate(QP_SIGMOID, 2 * width, f, 0, f);
    qp_cell_positive(width, s, h);
    for (size_t k = 0; k < width; k++) h[k] = s[k] + share(f[k], i[k]) * (before[k] - s[k]);
}

/* With u = f/(f+i), for which du/da_f = u*(1-u)*(1-f) and du/da_i = -u*(1-u)*(1-i), and e = dh*(h_{t-1}-s)*u*(1-u):
 *   da_f = e*(1-f)     da_i = -e*(1-i)     da_s = dh*(1-u)*g'(a_s)     dh_{t-1} += dh*u */
static void backward(const qp_cell_row *row)
{
    const size_t width = row->width;
    qp_real *f = row->gates, *i = f + width, *s = i + width, *old = row->dh_before;
    const qp_real *before = row->before, *d = row->dh;
    for (size_t k = 0; k < width; k++) {
        qp_real u = share(f[k], i[k]), du = d[k] * (before[k] - s[k]) * u * (1 - u);
        old[k] += d[k] * u;
        s[k] = d[k] * (1 - u) * qp_cell_positive_slope(s[k]);
        f[k] = du * (1 - f[k]);
        i[k] = -du * (1 - i[k]);
    }
}

const qp_cell qp_cell_min_lstm = {.shape = {.gates = 3, .forget = 0}, .forward = forward, .backward = backward};
