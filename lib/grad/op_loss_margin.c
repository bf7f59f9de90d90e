#include "lib/grad/op_loss_margin.h"

typedef struct {
    qp_tensor x, y;
    const int32_t *target;
    double margin;
    qp_reduction reduction;
    int counted;
} hinge_context;

static void hinge_back(qp_tape *tape, void *context)
{
    const hinge_context *c = context;
    const qp_tensor x = c->x;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta, *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    for (int r = 0; r < x.rows; r++) {
        const qp_real *row = qp_tensor_row(x, r);
        qp_real *d = dx + (ptrdiff_t)r * x.stride;
        if (beta == 0)
            for (int k = 0; k < x.columns; k++) d[k] = 0;
        int right = c->target[r], violated = 0;
        if (right < 0) continue;
        double scale = (double)dy[c->reduction == QP_NONE ? r : 0] / x.columns;
        if (c->reduction == QP_MEAN) scale /= c->counted;
        for (int k = 0; k < x.columns; k++) {
            if (k == right || !(c->margin - (double)row[right] + (double)row[k] > 0)) continue;
            d[k] += (qp_real)scale;
            violated++;
        }
        d[right] -= (qp_real)(scale * violated);
    }
}

static double hinge_row(const qp_real *row, int classes, int right, double margin)
{
    double sum = 0;
    for (int k = 0; k < classes; k++) {
        double lack = margin - (double)row[right] + (double)row[k];
        if (k != right && lack > 0) sum += lack;
    }
    return sum / classes;
}

qp_tensor qp_class_hinge(qp_tape *tape, qp_tensor x, const int32_t *target, qp_real margin, qp_reduction reduction)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (x.columns < 2) return qp_tape_fail(tape, QP_ESHAPE, "class hinge: %d classes; it needs two", x.columns);
    for (int r = 0; r < x.rows; r++)
        if (target[r] >= x.columns)
            return qp_tape_fail(tape, QP_ESHAPE, "class hinge: target %d of %d classes", target[r], x.columns);
    hinge_context c = {.x = x, .target = target, .margin = (double)margin, .reduction = reduction};
    c.y = qp_tape_tensor(tape, reduction == QP_NONE ? x.rows : 1, 1);
    if (!c.y.value) return c.y;
    double sum = 0;
    for (int r = 0; r < x.rows; r++) {
        double value = target[r] < 0 ? 0 : hinge_row(qp_tensor_row(x, r), x.columns, target[r], c.margin);
        if (reduction == QP_NONE) c.y.value[r] = (qp_real)value;
        sum += value;
        c.counted += target[r] >= 0;
    }
    if (reduction == QP_MEAN) sum = c.counted > 0 ? sum / c.counted : 0;
    if (reduction != QP_NONE) c.y.value[0] = (qp_real)sum;
    qp_tape_record(tape, c.y, hinge_back, &c, sizeof c);
    return c.y;
}
