#include "lib/grad/op_glu.h"

typedef struct {
    qp_tensor x, y;
    qp_activation_kind kind;
} glu_context;

/* da = dy*f(b)     db = dy*a*f'(b)     f(b) is computed again. */
static void glu_back(qp_tape *tape, void *context)
{
    const glu_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    int half = c->y.columns;
    size_t n = (size_t)half;
    qp_real beta, *dx = qp_tape_grad(tape, c->x, &beta);
    const qp_real slope = qp_activation_slope(c->kind);
    if (!dx) return;
    size_t mark = qp_tape_mark(tape);
    qp_real *gate = qp_tape_memory(tape, 2 * n * sizeof *gate), *product = gate ? gate + n : NULL;
    for (int r = 0; gate && r < c->y.rows; r++, dy += half) {
        const qp_real *a = qp_tensor_row(c->x, r), *b = a + half;
        qp_real *d = dx + (ptrdiff_t)r * c->x.stride;
        qp_activate(c->kind, n, b, slope, gate);
        qp_multiply_add(n, dy, a, 0, product);
        qp_multiply_add(n, dy, gate, beta, d);
        qp_activate_back(c->kind, n, b, gate, slope, product, beta, d + half);
    }
    qp_tape_rewind(tape, mark);
}

qp_tensor qp_glu(qp_tape *tape, qp_tensor x, qp_activation_kind kind)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (x.columns % 2 != 0 || x.columns < 2 || (int)kind < 0 || kind >= QP_ACTIVATION_COUNT)
        return qp_tape_fail(tape, QP_ESHAPE, "glu: kind %d, %d columns; their number must be even", (int)kind,
                            x.columns);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns / 2);
    if (!y.value) return y;
    size_t n = (size_t)y.columns;
    for (int r = 0; r < x.rows; r++) {
        qp_real *out = qp_tensor_row(y, r);
        const qp_real *a = qp_tensor_row(x, r);
        qp_activate(kind, n, a + n, qp_activation_slope(kind), out);
        for (size_t i = 0; i < n; i++) out[i] *= a[i];
    }
    qp_tape_record(tape, y, glu_back, &(glu_context){x, y, kind}, sizeof(glu_context));
    return y;
}
