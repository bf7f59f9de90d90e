#include "lib/grad/op_sequence.h"

#include <string.h>

#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor x, y;
    qp_sequences s;
} mean_context;

/* dx_r += dy_i/length_i for every row r of sequence i */
static void mean_back(qp_tape *tape, void *context)
{
    const mean_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *dx = qp_tape_grad_zeroed(tape, c->x);
    if (!dx) return;
    for (int i = 0; i < c->s.count; i++) {
        int length = qp_sequence_length(c->s, i);
        for (int r = 0; r < length; r++)
            qp_scale_add((size_t)c->y.columns, (qp_real)1 / (qp_real)length, dy + (ptrdiff_t)i * c->y.stride, 1,
                         dx + (ptrdiff_t)(c->s.start[i] + r) * c->x.stride);
    }
}

qp_tensor qp_sequence_mean(qp_tape *tape, qp_tensor x, qp_sequences s)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (s.start[i] < 0 || length < 0 || s.start[i] > x.rows - length)
            return qp_tape_fail(tape, QP_ESHAPE,
                                "sequence mean: sequence %d has %d rows from row %d, outside a matrix of %d rows", i,
                                length, s.start[i], x.rows);
    }
    qp_tensor y = qp_tape_tensor(tape, s.count, x.columns);
    if (!y.value) return y;
    memset(y.value, 0, (size_t)y.rows * (size_t)y.columns * sizeof *y.value);
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        for (int r = 0; r < length; r++)
            qp_scale_add((size_t)x.columns, (qp_real)1 / (qp_real)length, qp_tensor_row(x, s.start[i] + r), 1,
                         qp_tensor_row(y, i));
    }
    qp_tape_record(tape, y, mean_back, &(mean_context){x, y, s}, sizeof(mean_context));
    return y;
}

/* ---- a factor for each sequence ---- */

typedef struct {
    qp_tensor x, y;
    qp_sequences s;
    const qp_real *factor;
} scale_context;

/* to = beta*to + factor_i*from, row by row; backward: the same with dy and dx. */
static void scale_rows(const scale_context *c, qp_matrix from, qp_real beta, qp_matrix to)
{
    for (int i = 0; i < c->s.count; i++)
        for (int r = c->s.start[i]; r < c->s.start[i + 1]; r++)
            qp_scale_add((size_t)from.columns, c->factor[i], qp_matrix_row(from, r), beta, qp_matrix_row(to, r));
}

static void scale_back(qp_tape *tape, void *context)
{
    const scale_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (dx) scale_rows(c, qp_tensor_grad(c->y, dy), beta, qp_tensor_grad(c->x, dx));
}

qp_tensor qp_sequence_scale(qp_tape *tape, qp_tensor x, qp_sequences s, const qp_real *factor)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (s.length || s.count < 1 || s.start[0] != 0 || s.start[s.count] != x.rows)
        return qp_tape_fail(tape, QP_ESHAPE, "sequence scale: %d sequences that do not cover the %d rows end to end",
                            s.count, x.rows);
    scale_context c = {.x = x, .s = s, .factor = factor, .y = qp_tape_tensor(tape, x.rows, x.columns)};
    if (!c.y.value) return c.y;
    scale_rows(&c, qp_tensor_matrix(x), 0, qp_tensor_matrix(c.y));
    qp_tape_record(tape, c.y, scale_back, &c, sizeof c);
    return c.y;
}

qp_sequences qp_rows_one_each(qp_tape *tape, int count)
{
    int32_t *start = qp_tape_memory(tape, ((size_t)count + 1) * sizeof *start);
    for (int i = 0; start && i <= count; i++) start[i] = i;
    return (qp_sequences){.count = count, .start = start};
}
