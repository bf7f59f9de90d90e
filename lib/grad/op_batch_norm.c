#include "lib/grad/op_batch_norm.h"

#include <math.h>

#include "lib/grad/views.h"

typedef struct {
    qp_tensor x, weight, bias, y;
    double *mean, *inverse; /* [columns] */
    bool own;               /* statistics of these rows: they depend on x */
} batch_norm_context;

/* Sums over the rows, in order: plain of dy, along of dy*z, z = (x - mean)/deviation. */
static void column_sums(const batch_norm_context *c, const qp_real *dy, double *plain, double *along)
{
    for (int k = 0; k < c->x.columns; k++) plain[k] = along[k] = 0;
    for (int r = 0; r < c->x.rows; r++) {
        const qp_real *x = qp_tensor_row(c->x, r), *up = dy + (ptrdiff_t)r * c->y.stride;
        for (int k = 0; k < c->x.columns; k++) {
            plain[k] += (double)up[k];
            along[k] += (double)up[k] * ((double)x[k] - c->mean[k]) * c->inverse[k];
        }
    }
}

static void add_row_gradient(qp_tape *tape, qp_tensor parameter, const double *sum)
{
    qp_real beta, *d = qp_tape_grad(tape, parameter, &beta);
    for (int k = 0; d && k < parameter.columns; k++) d[k] = (beta == 0 ? 0 : d[k]) + (qp_real)sum[k];
}

/* With z = (x - mean)/deviation:  dx = weight/deviation*(dy - mean(dy) - z*mean(dy*z)), the means only if the
 * statistics are those of x;  dweight = sum of dy*z;  dbias = sum of dy */
static void batch_norm_back(qp_tape *tape, void *context)
{
    const batch_norm_context *c = context;
    const qp_tensor x = c->x;
    const qp_real *dy = qp_tape_upstream(c->y);
    double *plain = qp_tape_memory(tape, 2 * (size_t)x.columns * sizeof *plain);
    if (!plain) return;
    double *along = plain + x.columns;
    column_sums(c, dy, plain, along);
    add_row_gradient(tape, c->weight, along);
    add_row_gradient(tape, c->bias, plain);
    qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    double share = c->own ? 1.0 / x.rows : 0;
    for (int r = 0; r < x.rows; r++) {
        const qp_real *row = qp_tensor_row(x, r), *up = dy + (ptrdiff_t)r * c->y.stride;
        qp_real *d = dx + (ptrdiff_t)r * x.stride;
        for (int k = 0; k < x.columns; k++) {
            double z = ((double)row[k] - c->mean[k]) * c->inverse[k];
            double slope = ((double)up[k] - share * (plain[k] + z * along[k])) * c->inverse[k];
            if (c->weight.value) slope *= (double)c->weight.value[k];
            d[k] = (beta == 0 ? 0 : d[k]) + (qp_real)slope;
        }
    }
}

/* Mean and biased variance of every column, in two passes, rows in order. */
static void statistics(qp_tensor x, double *mean, double *variance)
{
    for (int k = 0; k < x.columns; k++) mean[k] = variance[k] = 0;
    for (int r = 0; r < x.rows; r++)
        for (int k = 0; k < x.columns; k++) mean[k] += (double)qp_tensor_row(x, r)[k];
    for (int k = 0; k < x.columns; k++) mean[k] /= x.rows;
    for (int r = 0; r < x.rows; r++)
        for (int k = 0; k < x.columns; k++) {
            double d = (double)qp_tensor_row(x, r)[k] - mean[k];
            variance[k] += d * d / x.rows;
        }
}

static void set_statistics(const batch_norm_context *c, const qp_batch_norm_config *config)
{
    double *variance = c->inverse, n = c->x.rows;
    if (c->own) statistics(c->x, c->mean, variance);
    for (int k = 0; k < c->x.columns; k++) {
        if (!c->own) {
            c->mean[k] = (double)config->running_mean[k];
            variance[k] = (double)config->running_variance[k];
        } else {
            if (config->mean) config->mean[k] = (qp_real)c->mean[k];
            if (config->variance) config->variance[k] = (qp_real)(variance[k] * n / (n - 1));
        }
        c->inverse[k] = 1 / sqrt(variance[k] + (double)config->epsilon);
    }
}

qp_tensor qp_batch_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias,
                        const qp_batch_norm_config *config)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    batch_norm_context c = {.x = x, .weight = weight, .bias = bias, .own = !config->running_mean};
    if ((!qp_view_empty(weight) && !qp_view_is_row(weight, x.columns)) ||
        (!qp_view_empty(bias) && !qp_view_is_row(bias, x.columns)))
        return qp_tape_fail(tape, QP_ESHAPE, "batch norm: x [%d, %d], weight [%d, %d], bias [%d, %d]", x.rows,
                            x.columns, weight.rows, weight.columns, bias.rows, bias.columns);
    if (c.own && x.rows < 2)
        return qp_tape_fail(tape, QP_ESHAPE, "batch norm: %d rows have no variance; use larger batches", x.rows);
    c.y = qp_tape_tensor(tape, x.rows, x.columns);
    c.mean = qp_tape_memory(tape, (size_t)x.columns * sizeof *c.mean);
    c.inverse = qp_tape_memory(tape, (size_t)x.columns * sizeof *c.inverse);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    set_statistics(&c, config);
    for (int r = 0; r < x.rows; r++)
        for (int k = 0; k < x.columns; k++) {
            double z = ((double)qp_tensor_row(x, r)[k] - c.mean[k]) * c.inverse[k];
            if (weight.value) z *= (double)weight.value[k];
            qp_tensor_row(c.y, r)[k] = (qp_real)(bias.value ? z + (double)bias.value[k] : z);
        }
    qp_tape_record(tape, c.y, batch_norm_back, &c, sizeof c);
    return c.y;
}
