#include "lib/grad/attention/op_rope.h"

#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor x, y, table;
    const int32_t *position;
    int heads, width;
} rope_context;

/* Rotates one head by one row of the table, backwards with sign -1: to = beta*to + rotated. */
static void rotate(int half, const qp_real *sine, qp_real sign, const qp_real *from, qp_real beta, qp_real *to)
{
    const qp_real *cosine = sine + half;
    for (int i = 0; i < half; i++) {
        qp_real s = sign * sine[i], a = from[i] * cosine[i] - from[i + half] * s;
        qp_real b = from[i + half] * cosine[i] + from[i] * s;
        to[i] = beta == 0 ? a : to[i] + a;
        to[i + half] = beta == 0 ? b : to[i + half] + b;
    }
}

static void rotate_row(const rope_context *c, int r, qp_real sign, const qp_real *from, qp_real beta, qp_real *to)
{
    int d = c->table.columns, w = c->width, rotated = c->heads * w;
    const qp_real *sine = qp_tensor_row(c->table, c->position[r]);
    for (int h = 0; h < c->heads; h++) {
        rotate(d / 2, sine, sign, from + (ptrdiff_t)h * w, beta, to + (ptrdiff_t)h * w);
        if (w > d) qp_scale_add((size_t)(w - d), 1, from + (ptrdiff_t)h * w + d, beta, to + (ptrdiff_t)h * w + d);
    }
    if (c->x.columns > rotated) qp_scale_add((size_t)(c->x.columns - rotated), 1, from + rotated, beta, to + rotated);
}

/* dx = dy rotated by -a; other columns: dx = dy */
static void rope_back(qp_tape *tape, void *context)
{
    const rope_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta, *dx = qp_tape_grad(tape, c->x, &beta);
    for (int r = 0; dx && r < c->x.rows; r++)
        rotate_row(c, r, -1, dy + (ptrdiff_t)r * c->y.stride, beta, dx + (ptrdiff_t)r * c->x.stride);
}

qp_tensor qp_rope(qp_tape *tape, qp_tensor x, int heads, int width, const int32_t *position, qp_tensor table)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (heads < 1 || table.columns < 2 || table.columns % 2 != 0 || width < table.columns || heads > x.columns / width)
        return qp_tape_fail(tape, QP_ESHAPE,
                            "rope: %d heads of %d columns, of which %d (an even number) turn, do not fit in %d columns",
                            heads, width, table.columns, x.columns);
    for (int r = 0; r < x.rows; r++)
        if (position[r] < 0 || position[r] >= table.rows)
            return qp_tape_fail(tape, QP_ESHAPE, "rope: position %d of %d; use a larger --max-length", position[r],
                                table.rows);
    rope_context c = {.x = x, .table = table, .position = position, .heads = heads, .width = width};
    c.y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!c.y.value) return c.y;
    for (int r = 0; r < x.rows; r++) rotate_row(&c, r, 1, qp_tensor_row(x, r), 0, qp_tensor_row(c.y, r));
    qp_tape_record(tape, c.y, rope_back, &c, sizeof c);
    return c.y;
}
