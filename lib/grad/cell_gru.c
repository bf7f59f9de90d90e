#include "lib/grad/recurrence.h"
#include "lib/tensor/pointwise.h"

/* One row: a = [r z n] from x, s = [r z n] = h' U' + c from the state; a becomes the activations, s_n is kept.
 * n = tanh(a_n + r s_n);  h = (1 - z) n + z h' */
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

/* One row: dn = dh (1-z) (1-n^2)   dz = dh (h'-n) z(1-z)   dr = dn s_n r(1-r);  what passes U has dn r for dn;
 * dh' = dh z besides */
static void row_backward(size_t width, qp_real *restrict a, qp_real *restrict s, const qp_real *before,
                         const qp_real *dh, qp_real *dh_before)
{
    for (size_t k = 0; k < width; k++) {
        qp_real r = a[k], z = a[width + k], n = a[2 * width + k];
        qp_real dn = dh[k] * (1 - z) * (1 - n * n);
        qp_real dz = dh[k] * (before[k] - n) * z * (1 - z);
        qp_real dr = dn * s[2 * width + k] * r * (1 - r);
        a[k] = s[k] = dr;
        a[width + k] = s[width + k] = dz;
        a[2 * width + k] = dn;
        s[2 * width + k] = dn * r;
        dh_before[k] += dh[k] * z;
    }
}

static void backward(qp_recurrent_run *run, int t, int place, int count, const qp_real *dh, qp_real *dh_before)
{
    (void)t;
    size_t width = (size_t)run->hidden;
    for (int i = 0; i < count; i++) {
        size_t p = (size_t)(place + i);
        row_backward(width, run->gates + 3 * p * width, run->product + 3 * p * width, run->before + p * width,
                     dh + (size_t)i * width, dh_before + (size_t)i * width);
    }
}

const qp_cell qp_cell_gru = {.gates = 3, .product_apart = true, .forward = forward, .backward = backward};
