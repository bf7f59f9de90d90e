#include "lib/grad/loss/op_loss_nce.h"

#include <math.h>

#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"

typedef struct {
    qp_tensor x[2], y;
    qp_real *unit[2], *length[2], *similarity; /* [rows, columns], [rows], [rows, rows] */
    qp_real temperature;
} nce_context;

static void make_unit(qp_tensor x, qp_real *unit, qp_real *length)
{
    for (int r = 0; r < x.rows; r++) {
        length[r] = (qp_real)sqrt(qp_sum_squares((size_t)x.columns, qp_tensor_row(x, r)));
        qp_real factor = length[r] > 0 ? 1 / length[r] : 0;
        qp_scale_add((size_t)x.columns, factor, qp_tensor_row(x, r), 0, unit + (ptrdiff_t)r * x.columns);
    }
}

/* log sum exp of n numbers, `step` elements apart */
static double log_sum(int n, const qp_real *x, int step)
{
    double top = (double)x[0], sum = 0;
    for (int k = 1; k < n; k++) top = fmax(top, (double)x[(ptrdiff_t)k * step]);
    for (int k = 0; k < n; k++) sum += exp((double)x[(ptrdiff_t)k * step] - top);
    return top + log(sum);
}

/* slope = scale * d loss/d s: (softmax over the row + softmax over the column - 2 on the diagonal)/(2 rows) */
static void similarity_slope(const nce_context *c, double scale, double *column_sum, qp_real *slope)
{
    int n = c->x[0].rows;
    for (int k = 0; k < n; k++) column_sum[k] = log_sum(n, c->similarity + k, n);
    for (int r = 0; r < n; r++) {
        const qp_real *row = c->similarity + (ptrdiff_t)r * n;
        double row_sum = log_sum(n, row, 1);
        for (int k = 0; k < n; k++) {
            double share = exp((double)row[k] - row_sum) + exp((double)row[k] - column_sum[k]) - 2 * (k == r);
            slope[(ptrdiff_t)r * n + k] = (qp_real)(scale * share / (2.0 * n));
        }
    }
}

/* From the gradient of u = unit(x) to that of x:  dx = (du - u*(u . du)) / |x|, of a row of zeros 0 */
static void through_length(const nce_context *c, int which, const qp_real *dunit, qp_real beta, qp_real *dx)
{
    const qp_tensor x = c->x[which];
    for (int r = 0; r < x.rows; r++) {
        const qp_real *unit = c->unit[which] + (ptrdiff_t)r * x.columns, *d = dunit + (ptrdiff_t)r * x.columns;
        qp_real *to = dx + (ptrdiff_t)r * x.stride;
        double along = 0, length = (double)c->length[which][r], inverse = length > 0 ? 1 / length : 0;
        for (int k = 0; k < x.columns; k++) along += (double)unit[k] * (double)d[k];
        for (int k = 0; k < x.columns; k++) {
            double slope = ((double)d[k] - along * (double)unit[k]) * inverse;
            to[k] = (beta == 0 ? 0 : to[k]) + (qp_real)slope;
        }
    }
}

/* With G = d loss/d s:  d unit(a) = G unit(b)/temperature     d unit(b) = G' unit(a)/temperature */
static void nce_back(qp_tape *tape, void *context)
{
    const nce_context *c = context;
    int n = c->x[0].rows, columns = c->x[0].columns;
    double scale = (double)qp_tape_upstream(c->y)[0] / (double)c->temperature;
    for (int i = 0; i < 2; i++) {
        qp_real beta, *dx = qp_tape_grad(tape, c->x[i], &beta);
        if (!dx) continue;
        size_t mark = qp_tape_mark(tape);
        double *column_sum = qp_tape_memory(tape, (size_t)n * sizeof *column_sum);
        qp_real *slope = qp_tape_memory(tape, (size_t)n * (size_t)n * sizeof *slope);
        qp_real *dunit = qp_tape_memory(tape, (size_t)n * (size_t)columns * sizeof *dunit);
        if (!column_sum || !slope || !dunit) return;
        similarity_slope(c, scale, column_sum, slope);
        qp_gemm(i == 1 ? QP_ATB : QP_AB, 1, qp_matrix_dense(slope, n, n), qp_matrix_dense(c->unit[1 - i], n, columns),
                0, qp_matrix_dense(dunit, n, columns));
        through_length(c, i, dunit, beta, dx);
        qp_tape_rewind(tape, mark);
    }
}

qp_tensor qp_info_nce(qp_tape *tape, qp_tensor a, qp_tensor b, qp_real temperature)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    int n = a.rows, columns = a.columns;
    if (n < 1 || columns < 1 || b.rows != n || b.columns != columns || !(temperature > 0))
        return qp_tape_fail(tape, QP_ESHAPE, "info nce: [%d, %d] and [%d, %d] do not fit, temperature %g", n, columns,
                            b.rows, b.columns, (double)temperature);
    nce_context c = {.x = {a, b}, .temperature = temperature, .y = qp_tape_tensor(tape, 1, 1)};
    for (int i = 0; i < 2; i++) {
        c.unit[i] = qp_tape_memory(tape, (size_t)n * (size_t)columns * sizeof(qp_real));
        c.length[i] = qp_tape_memory(tape, (size_t)n * sizeof(qp_real));
    }
    c.similarity = qp_tape_memory(tape, (size_t)n * (size_t)n * sizeof(qp_real));
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    make_unit(a, c.unit[0], c.length[0]);
    make_unit(b, c.unit[1], c.length[1]);
    qp_gemm(QP_ABT, 1 / temperature, qp_matrix_dense(c.unit[0], n, columns), qp_matrix_dense(c.unit[1], n, columns), 0,
            qp_matrix_dense(c.similarity, n, n));
    double sum = 0;
    for (int r = 0; r < n; r++) {
        const double own = (double)c.similarity[(ptrdiff_t)r * n + r];
        sum += (log_sum(n, c.similarity + (ptrdiff_t)r * n, 1) + log_sum(n, c.similarity + r, n)) / 2 - own;
    }
    c.y.value[0] = (qp_real)(sum / n);
    qp_tape_record(tape, c.y, nce_back, &c, sizeof c);
    return c.y;
}
