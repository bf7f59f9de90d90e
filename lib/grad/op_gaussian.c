#include "lib/grad/op_gaussian.h"

#include <math.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor mean, log_variance, y;
    const qp_real *noise;
} gaussian_context;

/* exp(log_variance/2), the standard deviation */
static qp_real deviation(qp_real log_variance) { return (qp_real)exp(0.5 * (double)log_variance); }

/* dmean = dy     dlog_variance = dy*exp(log_variance/2)*noise/2 */
static void gaussian_back(qp_tape *tape, void *context)
{
    const gaussian_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    int columns = c->y.columns;
    qp_real beta;
    qp_real *dmean = qp_tape_grad(tape, c->mean, &beta);
    for (int r = 0; dmean && r < c->y.rows; r++)
        qp_scale_add((size_t)columns, 1, dy + (ptrdiff_t)r * c->y.stride, beta, dmean + (ptrdiff_t)r * c->mean.stride);
    qp_real *dlog = qp_tape_grad(tape, c->log_variance, &beta);
    for (int r = 0; dlog && r < c->y.rows; r++) {
        const qp_real *log_variance = qp_tensor_row(c->log_variance, r);
        for (int k = 0; k < columns; k++) {
            qp_real *to = dlog + (ptrdiff_t)r * c->log_variance.stride + k;
            qp_real slope = deviation(log_variance[k]) * c->noise[(ptrdiff_t)r * columns + k] / 2;
            *to = (beta != 0 ? *to : 0) + slope * dy[(ptrdiff_t)r * c->y.stride + k];
        }
    }
}

qp_tensor qp_gaussian_sample(qp_tape *tape, qp_tensor mean, qp_tensor log_variance, const qp_real *noise)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!qp_view_same_shape(mean, log_variance) || !noise)
        return qp_tape_fail(tape, QP_ESHAPE, "gaussian sample: mean [%d, %d], log variance [%d, %d]", mean.rows,
                            mean.columns, log_variance.rows, log_variance.columns);
    gaussian_context c = {mean, log_variance, qp_tape_tensor(tape, mean.rows, mean.columns), noise};
    if (!c.y.value) return c.y;
    for (int r = 0; r < mean.rows; r++)
        for (int k = 0; k < mean.columns; k++)
            qp_tensor_row(c.y, r)[k] = qp_tensor_row(mean, r)[k] + deviation(qp_tensor_row(log_variance, r)[k]) *
                                                                       noise[(ptrdiff_t)r * mean.columns + k];
    qp_tape_record(tape, c.y, gaussian_back, &c, sizeof c);
    return c.y;
}
