#include "lib/grad/op_basic.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/rows.h"

/* ---- add: da = dy, db = dy ---- */

typedef struct {
    qp_tensor a, b, y;
} pair_context;

/* dx = beta*dx + factor*dy; dy has no gaps */
static void add_upstream(qp_tape *tape, qp_tensor x, qp_real factor, const qp_real *dy)
{
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    qp_runs run = qp_runs_of(x.rows, x.columns, qp_view_dense(x));
    for (int r = 0; r < run.count; r++)
        qp_scale_add(run.length, factor, dy + (size_t)r * run.length, beta, dx + (ptrdiff_t)r * x.stride);
}

static void add_back(qp_tape *tape, void *context)
{
    const pair_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    add_upstream(tape, c->a, 1, dy);
    add_upstream(tape, c->b, 1, dy);
}

qp_tensor qp_add(qp_tape *tape, qp_tensor a, qp_tensor b)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!qp_view_same_shape(a, b))
        return qp_tape_fail(tape, QP_ESHAPE, "add: [%d, %d] and [%d, %d] differ", a.rows, a.columns, b.rows, b.columns);
    qp_tensor y = qp_tape_tensor(tape, a.rows, a.columns);
    if (!y.value) return y;
    qp_runs run = qp_runs_of(a.rows, a.columns, qp_view_dense(a) && qp_view_dense(b));
    for (int r = 0; r < run.count; r++) {
        const qp_real *left = qp_tensor_row(a, r), *right = qp_tensor_row(b, r);
        qp_real *sum = qp_tensor_row(y, r);
        for (size_t i = 0; i < run.length; i++) sum[i] = left[i] + right[i];
    }
    qp_tape_record(tape, y, add_back, &(pair_context){a, b, y}, sizeof(pair_context));
    return y;
}

/* ---- scale: dx = factor*dy ---- */

typedef struct {
    qp_tensor x, y;
    qp_real factor;
} scale_context;

static void scale_back(qp_tape *tape, void *context)
{
    const scale_context *c = context;
    add_upstream(tape, c->x, c->factor, qp_tape_upstream(c->y));
}

qp_tensor qp_scale(qp_tape *tape, qp_tensor x, qp_real factor)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!y.value) return y;
    qp_runs run = qp_runs_of(x.rows, x.columns, qp_view_dense(x));
    for (int r = 0; r < run.count; r++) qp_scale_add(run.length, factor, qp_tensor_row(x, r), 0, qp_tensor_row(y, r));
    qp_tape_record(tape, y, scale_back, &(scale_context){x, y, factor}, sizeof(scale_context));
    return y;
}

/* ---- multiply: da = dy*b, db = dy*a ---- */

/* dx = beta*dx + dy*other */
static void multiply_upstream(qp_tape *tape, qp_tensor x, qp_tensor other, const qp_real *dy)
{
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    qp_runs run = qp_runs_of(x.rows, x.columns, qp_view_dense(x) && qp_view_dense(other));
    for (int r = 0; r < run.count; r++)
        qp_multiply_add(run.length, dy + (size_t)r * run.length, qp_tensor_row(other, r), beta,
                        dx + (ptrdiff_t)r * x.stride);
}

static void multiply_back(qp_tape *tape, void *context)
{
    const pair_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    multiply_upstream(tape, c->a, c->b, dy);
    multiply_upstream(tape, c->b, c->a, dy);
}

qp_tensor qp_multiply(qp_tape *tape, qp_tensor a, qp_tensor b)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!qp_view_same_shape(a, b))
        return qp_tape_fail(tape, QP_ESHAPE, "multiply: [%d, %d] and [%d, %d] differ", a.rows, a.columns, b.rows,
                            b.columns);
    qp_tensor y = qp_tape_tensor(tape, a.rows, a.columns);
    if (!y.value) return y;
    qp_runs run = qp_runs_of(a.rows, a.columns, qp_view_dense(a) && qp_view_dense(b));
    for (int r = 0; r < run.count; r++)
        qp_multiply_add(run.length, qp_tensor_row(a, r), qp_tensor_row(b, r), 0, qp_tensor_row(y, r));
    qp_tape_record(tape, y, multiply_back, &(pair_context){a, b, y}, sizeof(pair_context));
    return y;
}

/* ---- activation: dx = dy*f'(x) ---- */

typedef struct {
    qp_tensor x, y;
    qp_activation_kind kind;
    qp_real slope;
} activation_context;

static void activation_back(qp_tape *tape, void *context)
{
    const activation_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (!dx) return;
    qp_runs run = qp_runs_of(c->x.rows, c->x.columns, qp_view_dense(c->x));
    for (int r = 0; r < run.count; r++)
        qp_activate_back(c->kind, run.length, qp_tensor_row(c->x, r), qp_tensor_row(c->y, r), c->slope,
                         dy + (size_t)r * run.length, beta, dx + (ptrdiff_t)r * c->x.stride);
}

qp_tensor qp_activation(qp_tape *tape, qp_tensor x, qp_activation_kind kind, qp_real slope)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if ((int)kind < 0 || kind >= QP_ACTIVATION_COUNT)
        return qp_tape_fail(tape, QP_ESHAPE, "activation: unknown kind %d", (int)kind);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!y.value) return y;
    qp_runs run = qp_runs_of(x.rows, x.columns, qp_view_dense(x));
    for (int r = 0; r < run.count; r++) qp_activate(kind, run.length, qp_tensor_row(x, r), slope, qp_tensor_row(y, r));
    qp_tape_record(tape, y, activation_back, &(activation_context){x, y, kind, slope}, sizeof(activation_context));
    return y;
}

/* ---- softmax: dx = y*(dy - sum(y*dy))/T     log softmax: dx = (dy - exp(y)*sum(dy))/T ---- */

typedef struct {
    qp_tensor x, y;
    qp_real temperature;
} softmax_context;

static void softmax_back(qp_tape *tape, void *context)
{
    const softmax_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (dx)
        qp_softmax_rows_back(qp_tensor_matrix(c->y), qp_tensor_grad(c->y, dy), c->temperature, beta,
                             qp_tensor_grad(c->x, dx));
}

qp_tensor qp_softmax(qp_tape *tape, qp_tensor x, qp_real temperature)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!(temperature > 0))
        return qp_tape_fail(tape, QP_ESHAPE, "softmax: temperature %g is not above 0", (double)temperature);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!y.value) return y;
    qp_softmax_rows(qp_tensor_matrix(x), temperature, qp_tensor_matrix(y));
    qp_tape_record(tape, y, softmax_back, &(softmax_context){x, y, temperature}, sizeof(softmax_context));
    return y;
}

static void log_softmax_back(qp_tape *tape, void *context)
{
    const softmax_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (dx)
        qp_log_softmax_rows_back(qp_tensor_matrix(c->y), qp_tensor_grad(c->y, dy), c->temperature, beta,
                                 qp_tensor_grad(c->x, dx));
}

qp_tensor qp_log_softmax(qp_tape *tape, qp_tensor x, qp_real temperature)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!(temperature > 0))
        return qp_tape_fail(tape, QP_ESHAPE, "log softmax: temperature %g is not above 0", (double)temperature);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!y.value) return y;
    qp_log_softmax_rows(qp_tensor_matrix(x), temperature, qp_tensor_matrix(y));
    qp_tape_record(tape, y, log_softmax_back, &(softmax_context){x, y, temperature}, sizeof(softmax_context));
    return y;
}

/* ---- gather: dx[row[r]] += dy[r], in the order of r ---- */

typedef struct {
    qp_tensor x, y;
    const int32_t *row;
} gather_context;

static void gather_back(qp_tape *tape, void *context)
{
    const gather_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *dx = qp_tape_grad_zeroed(tape, c->x);
    if (!dx) return;
    for (int r = 0; r < c->y.rows; r++)
        qp_scale_add((size_t)c->y.columns, 1, dy + (ptrdiff_t)r * c->y.stride, 1,
                     dx + (ptrdiff_t)c->row[r] * c->x.stride);
}

qp_tensor qp_gather(qp_tape *tape, qp_tensor x, int rows, const int32_t *row)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < rows; r++)
        if (row[r] < 0 || row[r] >= x.rows)
            return qp_tape_fail(tape, QP_ESHAPE, "gather: row %d of %d", row[r], x.rows);
    qp_tensor y = qp_tape_tensor(tape, rows, x.columns);
    if (!y.value) return y;
    for (int r = 0; r < rows; r++)
        memcpy(qp_tensor_row(y, r), qp_tensor_row(x, row[r]), (size_t)x.columns * sizeof(qp_real));
    qp_tape_record(tape, y, gather_back, &(gather_context){x, y, row}, sizeof(gather_context));
    return y;
}
