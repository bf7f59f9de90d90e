#include "lib/grad/attention/op_overlap.h"

#include "lib/grad/views.h"

typedef struct {
    qp_tensor a, b, y;
} overlap_context;

/* The part of the gradient that goes to x beside `other`. */
static qp_real share_of(qp_real x, qp_real other) { return x < other ? 1 : x > other ? 0 : (qp_real)0.5; }

/* da = dy [a < b]     db = dy [b < a] */
static void overlap_back(qp_tape *tape, void *context)
{
    const overlap_context *c = context;
    const qp_tensor side[] = {c->a, c->b};
    const qp_real dy = *qp_tape_upstream(c->y);
    for (int i = 0; i < 2; i++) {
        qp_real beta, *to = qp_tape_grad(tape, side[i], &beta);
        const qp_real *x = side[i].value, *other = side[1 - i].value;
        size_t n = (size_t)c->a.rows * (size_t)c->a.columns;
        for (size_t k = 0; to && k < n; k++) to[k] = (beta != 0 ? to[k] : 0) + dy * share_of(x[k], other[k]);
    }
}

qp_tensor qp_attention_overlap(qp_tape *tape, qp_tensor a, qp_tensor b)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!qp_view_same_shape(a, b) || !qp_view_dense(a) || !qp_view_dense(b))
        return qp_tape_fail(tape, QP_ESHAPE, "overlap: [%d, %d] and [%d, %d]", a.rows, a.columns, b.rows, b.columns);
    overlap_context c = {a, b, qp_tape_tensor(tape, 1, 1)};
    double sum = 0;
    if (!c.y.value) return c.y;
    for (size_t k = 0; k < (size_t)a.rows * (size_t)a.columns; k++)
        sum += (double)(a.value[k] < b.value[k] ? a.value[k] : b.value[k]);
    *c.y.value = (qp_real)sum;
    qp_tape_record(tape, c.y, overlap_back, &c, sizeof c);
    return c.y;
}
