#include "lib/grad/recurrent/op_causal_filter.h"

#include <string.h>

#include "lib/grad/views.h"

typedef struct {
    qp_tensor x, weight, bias, first, y;
    qp_sequences s;
} filter_context;

/* The row of x that is `back` rows before row r of sequence i, or of the rows before it; NULL: zeros. */
static const qp_real *row_before(const filter_context *c, int i, int r, int back)
{
    const int begin = c->s.start[i], size = c->weight.columns;
    if (r - back >= begin) return qp_tensor_row(c->x, r - back);
    if (!c->first.value) return NULL;
    return qp_tensor_row(c->first, i) + (ptrdiff_t)(size - 1 + r - back - begin) * c->x.columns;
}

static void filter_row(const filter_context *c, int i, int r)
{
    const int size = c->weight.columns, columns = c->x.columns;
    qp_real *y = qp_tensor_row(c->y, r);
    memcpy(y, c->bias.value, (size_t)columns * sizeof *y);
    for (int j = 0; j < size; j++) {
        const qp_real *x = row_before(c, i, r, size - 1 - j);
        for (int k = 0; x && k < columns; k++) y[k] += qp_tensor_row(c->weight, k)[j] * x[k];
    }
}

/* dbias += dy_t     dweight[., j] += dy_t x_{t-size+1+j}     dx_{t-size+1+j} += dy_t weight[., j] */
static void row_back(const filter_context *c, int i, int r, const qp_real *dy, qp_real *const grad[3])
{
    const int size = c->weight.columns, columns = c->x.columns;
    qp_real *dx = grad[0], *dw = grad[1], *dbias = grad[2];
    for (int k = 0; dbias && k < columns; k++) dbias[k] += dy[k];
    for (int j = 0; j < size; j++) {
        const int back = size - 1 - j;
        const qp_real *x = row_before(c, i, r, back);
        for (int k = 0; x && dw && k < columns; k++) dw[(ptrdiff_t)k * c->weight.stride + j] += dy[k] * x[k];
        if (!dx || r - back < c->s.start[i]) continue;
        qp_real *to = dx + (ptrdiff_t)(r - back) * c->x.stride;
        for (int k = 0; k < columns; k++) to[k] += dy[k] * qp_tensor_row(c->weight, k)[j];
    }
}

static void filter_back(qp_tape *tape, void *context)
{
    const filter_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *const grad[] = {qp_tape_grad_zeroed(tape, c->x), qp_tape_grad_zeroed(tape, c->weight),
                             qp_tape_grad_zeroed(tape, c->bias)};
    for (int i = 0; i < c->s.count; i++)
        for (int r = c->s.start[i]; r < c->s.start[i + 1]; r++)
            row_back(c, i, r, dy + (ptrdiff_t)r * c->y.stride, grad);
}

static void keep_last(const filter_context *c, qp_tensor last)
{
    const int size = c->weight.columns, columns = c->x.columns;
    for (int i = 0; i < c->s.count; i++)
        for (int j = 0; j < size - 1; j++) {
            qp_real *to = qp_tensor_row(last, i) + (ptrdiff_t)j * columns;
            const qp_real *from = row_before(c, i, c->s.start[i + 1] - 1, size - 2 - j);
            if (from)
                memcpy(to, from, (size_t)columns * sizeof *to);
            else
                memset(to, 0, (size_t)columns * sizeof *to);
        }
}

qp_tensor qp_causal_filter(qp_tape *tape, qp_tensor x, qp_sequences s, qp_tensor weight, qp_tensor bias,
                           qp_tensor first, qp_tensor *last)
{
    const int before = (weight.columns - 1) * x.columns;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (weight.rows != x.columns || weight.columns < 1 || !qp_view_is_row(bias, x.columns) || s.length ||
        qp_sequence_rows(s) != x.rows || (first.value && (first.rows != s.count || first.columns != before)))
        return qp_tape_fail(tape, QP_ESHAPE, "filter: x [%d, %d], weight [%d, %d], bias [%d, %d]", x.rows, x.columns,
                            weight.rows, weight.columns, bias.rows, bias.columns);
    filter_context c = {.x = x, .weight = weight, .bias = bias, .first = first, .s = s};
    c.y = qp_tape_tensor(tape, x.rows, x.columns);
    if (last) *last = qp_tape_constant(tape, s.count, before);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++)
        for (int r = s.start[i]; r < s.start[i + 1]; r++) filter_row(&c, i, r);
    if (last) keep_last(&c, *last);
    qp_tape_record(tape, c.y, filter_back, &c, sizeof c);
    return c.y;
}
