#include "lib/grad/loss/op_loss.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

/* Sum of a column in double, in ascending order of rows. */
static double sum_in_order(int rows, const qp_real *value)
{
    double sum = 0;
    for (int r = 0; r < rows; r++) sum += (double)value[r];
    return sum;
}

/* ---- cross-entropy over target ids ---- */

typedef struct {
    qp_tensor logits, y;
    const int32_t *target;
    qp_cross_entropy_config config;
    double counted; /* the divisor of QP_MEAN; 0: no row counts */
} cross_entropy_context;

/* d(loss)/d(value of row r), for every row. */
static void row_scales(const cross_entropy_context *c, const qp_real *dy, qp_real *scale)
{
    qp_real whole = dy[0];
    if (c->config.reduction == QP_MEAN) whole = c->counted > 0 ? (qp_real)((double)dy[0] / c->counted) : 0;
    for (int r = 0; r < c->logits.rows; r++) {
        scale[r] = c->config.reduction == QP_NONE ? dy[r] : whole;
        if (c->config.row_weight) scale[r] *= c->config.row_weight[r];
    }
}

/* Whether the gradient may overwrite the logits: nothing else reads them. */
static bool can_reuse_logits(const cross_entropy_context *c)
{
    const qp_tensor x = c->logits;
    const qp_node *node = x.node;
    return c->config.reduction != QP_NONE && !c->config.keep_logits && node && !node->parameter && !node->filled &&
           !node->grad && qp_view_dense(x) && (size_t)x.rows * (size_t)x.columns == node->count;
}

/* to = beta*to + from */
static void add_rows(qp_matrix from, qp_real beta, qp_matrix to)
{
    for (int r = 0; r < from.rows; r++)
        qp_scale_add((size_t)from.columns, 1, qp_matrix_row(from, r), beta, qp_matrix_row(to, r));
}

static qp_cross_entropy_terms terms_of(const int32_t *target, const qp_cross_entropy_config *config,
                                       const qp_real *row_scale)
{
    return (qp_cross_entropy_terms){
        .target = target, .smoothing = config->smoothing, .weight = config->weight, .row_scale = row_scale};
}

/* dlogits[r] = scale[r] * d value[r]/d logits[r], see qp_cross_entropy_rows */
static void cross_entropy_back(qp_tape *tape, void *context)
{
    const cross_entropy_context *c = context;
    const qp_tensor x = c->logits;
    const qp_real *dy = qp_tape_upstream(c->y);
    bool reuse = can_reuse_logits(c);
    qp_real beta = 0, *dx = reuse ? x.value : qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    size_t mark = qp_tape_mark(tape);
    qp_real *scale = qp_tape_memory(tape, (size_t)x.rows * sizeof *scale);
    qp_real *loss = qp_tape_memory(tape, (size_t)x.rows * sizeof *loss);
    qp_matrix fresh = qp_tensor_grad(x, dx);
    if (beta != 0) /* another consumer has written its gradient: compute this one in scratch and add it */
        fresh = qp_matrix_dense(qp_tape_memory(tape, (size_t)x.rows * (size_t)x.columns * sizeof *dx), x.rows,
                                x.columns);
    if (!qp_tape_failed(tape)) {
        const qp_cross_entropy_terms terms = terms_of(c->target, &c->config, scale);
        row_scales(c, dy, scale);
        qp_cross_entropy_rows(qp_tensor_matrix(x), &terms, loss, fresh);
        if (fresh.value != dx) add_rows(fresh, beta, qp_tensor_grad(x, dx));
        if (reuse) {
            x.node->grad = x.value;
            x.node->filled = true;
        }
    }
    qp_tape_rewind(tape, mark);
}

static double counted_weight(int rows, const int32_t *target, const qp_cross_entropy_config *config)
{
    double sum = 0;
    for (int r = 0; r < rows; r++) {
        double row = config->row_weight ? (double)config->row_weight[r] : 1.0;
        if (target[r] >= 0) sum += config->weight ? row * (double)config->weight[target[r]] : row;
    }
    return sum;
}

static bool targets_fit(qp_tape *tape, qp_tensor logits, const int32_t *target)
{
    for (int r = 0; r < logits.rows; r++)
        if (target[r] >= logits.columns) {
            qp_tape_fail(tape, QP_ESHAPE, "cross-entropy: target %d of %d classes", target[r], logits.columns);
            return false;
        }
    return true;
}

qp_tensor qp_cross_entropy(qp_tape *tape, qp_tensor logits, const int32_t *target,
                           const qp_cross_entropy_config *config)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (logits.columns < 1) return qp_tape_fail(tape, QP_ESHAPE, "cross-entropy: logits of no class");
    if (!(config->smoothing >= 0 && config->smoothing <= 1))
        return qp_tape_fail(tape, QP_ESHAPE, "cross-entropy: smoothing %g is outside [0, 1]",
                            (double)config->smoothing);
    if (!targets_fit(tape, logits, target)) return (qp_tensor){0};
    bool whole = config->reduction != QP_NONE;
    qp_tensor y = qp_tape_tensor(tape, whole ? 1 : logits.rows, 1);
    if (!y.value) return y;
    cross_entropy_context c = {.logits = logits, .y = y, .target = target, .config = *config};
    size_t mark = qp_tape_mark(tape);
    qp_real *loss = whole ? qp_tape_memory(tape, (size_t)logits.rows * sizeof *loss) : y.value;
    if (!loss) return (qp_tensor){0};
    const qp_cross_entropy_terms terms = terms_of(target, config, NULL);
    qp_cross_entropy_rows(qp_tensor_matrix(logits), &terms, loss, (qp_matrix){0});
    for (int r = 0; config->row_weight && r < logits.rows; r++) loss[r] *= config->row_weight[r];
    if (whole) {
        double sum = sum_in_order(logits.rows, loss);
        c.counted = counted_weight(logits.rows, target, config);
        if (config->reduction == QP_MEAN) sum = c.counted > 0 ? sum / c.counted : 0;
        y.value[0] = (qp_real)sum;
    }
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, y, cross_entropy_back, &c, sizeof c);
    return y;
}

/* ---- cross-entropy against a distribution ---- */

typedef struct {
    qp_tensor logits, y;
    const qp_real *target;
    qp_reduction reduction;
} soft_context;

/* dx_c = dvalue*(p_c*sum(t) - t_c) */
static void soft_back(qp_tape *tape, void *context)
{
    const soft_context *c = context;
    const qp_tensor x = c->logits;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, x, &beta);
    if (!dx) return;
    size_t mark = qp_tape_mark(tape);
    qp_real *p = qp_tape_memory(tape, (size_t)x.columns * sizeof *p);
    for (int r = 0; p && r < x.rows; r++) {
        const qp_real *t = c->target + (ptrdiff_t)r * x.columns;
        qp_real *d = dx + (ptrdiff_t)r * x.stride, scale = c->reduction == QP_NONE ? dy[r] : dy[0];
        if (c->reduction == QP_MEAN) scale /= (qp_real)x.rows;
        qp_real mass = (qp_real)sum_in_order(x.columns, t);
        qp_softmax_rows(qp_matrix_dense(qp_tensor_row(x, r), 1, x.columns), 1, qp_matrix_dense(p, 1, x.columns));
        for (int k = 0; k < x.columns; k++) d[k] = (beta == 0 ? 0 : d[k]) + scale * (p[k] * mass - t[k]);
    }
    qp_tape_rewind(tape, mark);
}

/* -sum_c t_c log p_c; a class with t = 0 adds nothing, even where log p is -inf. */
static double soft_row(int classes, const qp_real *target, const qp_real *log_p)
{
    double sum = 0;
    for (int k = 0; k < classes; k++)
        if (target[k] != 0) sum -= (double)target[k] * (double)log_p[k];
    return sum;
}

qp_tensor qp_soft_cross_entropy(qp_tape *tape, qp_tensor logits, const qp_real *target, qp_reduction reduction)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (logits.columns < 1) return qp_tape_fail(tape, QP_ESHAPE, "soft cross-entropy: logits of no class");
    qp_tensor y = qp_tape_tensor(tape, reduction == QP_NONE ? logits.rows : 1, 1);
    if (!y.value) return y;
    size_t mark = qp_tape_mark(tape);
    qp_real *log_p = qp_tape_memory(tape, (size_t)logits.columns * sizeof *log_p);
    double sum = 0;
    for (int r = 0; log_p && r < logits.rows; r++) {
        qp_log_softmax_rows(qp_matrix_dense(qp_tensor_row(logits, r), 1, logits.columns), 1,
                            qp_matrix_dense(log_p, 1, logits.columns));
        double loss = soft_row(logits.columns, target + (ptrdiff_t)r * logits.columns, log_p);
        if (reduction == QP_NONE) y.value[r] = (qp_real)loss;
        sum += loss;
    }
    if (reduction == QP_MEAN && logits.rows > 0) sum /= logits.rows;
    if (reduction != QP_NONE) y.value[0] = (qp_real)sum;
    qp_tape_rewind(tape, mark);
    qp_tape_record(tape, y, soft_back, &(soft_context){logits, y, target, reduction}, sizeof(soft_context));
    return y;
}
