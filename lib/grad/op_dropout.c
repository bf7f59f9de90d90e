#include "lib/grad/op_dropout.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"

/* to = beta*to + dropout(from). Elements are numbered row after row without gaps, so the mask does not depend on
 * strides. */
static void drop(uint64_t key, qp_real rate, qp_matrix from, qp_real beta, qp_matrix to)
{
    const int columns = from.columns;
    qp_runs run = qp_runs_of(from.rows, columns, from.stride == columns && to.stride == columns);
    for (int r = 0; r < run.count; r++)
        qp_dropout_apply(run.length, key, (uint64_t)r * (uint64_t)columns, rate, qp_matrix_row(from, r), beta,
                         qp_matrix_row(to, r));
}

static bool rate_is_wrong(qp_real rate) { return !(rate >= 0 && rate < 1); }

typedef struct {
    qp_tensor x, y;
    uint64_t key;
    qp_real rate;
} dropout_context;

/* dx = dropout(dy) with the same mask */
static void dropout_back(qp_tape *tape, void *context)
{
    const dropout_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (dx) drop(c->key, c->rate, qp_tensor_grad(c->y, dy), beta, qp_tensor_grad(c->x, dx));
}

qp_tensor qp_dropout(qp_tape *tape, qp_tensor x, qp_real rate)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (rate_is_wrong(rate)) return qp_tape_fail(tape, QP_ESHAPE, "dropout: rate %g is outside [0, 1)", (double)rate);
    if (!qp_tape_training(tape) || rate == 0) return x;
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    if (!y.value) return y;
    uint64_t key = qp_tape_next_key(tape);
    drop(key, rate, qp_tensor_matrix(x), 0, qp_tensor_matrix(y));
    qp_tape_record(tape, y, dropout_back, &(dropout_context){x, y, key, rate}, sizeof(dropout_context));
    return y;
}

/* ---- one mask for the rows of a group ---- */

typedef struct {
    qp_tensor x, y;
    const int32_t *group;
    uint64_t key;
    qp_real rate;
} shared_context;

static void drop_shared(const shared_context *c, qp_matrix from, qp_real beta, qp_matrix to)
{
    for (int r = 0; r < from.rows; r++)
        qp_dropout_apply((size_t)from.columns, c->key, (uint64_t)c->group[r] * (uint64_t)from.columns, c->rate,
                         qp_matrix_row(from, r), beta, qp_matrix_row(to, r));
}

static void shared_back(qp_tape *tape, void *context)
{
    const shared_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    if (dx) drop_shared(c, qp_tensor_grad(c->y, dy), beta, qp_tensor_grad(c->x, dx));
}

qp_tensor qp_dropout_shared(qp_tape *tape, qp_tensor x, const int32_t *group, uint64_t key, qp_real rate)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (rate_is_wrong(rate)) return qp_tape_fail(tape, QP_ESHAPE, "dropout: rate %g is outside [0, 1)", (double)rate);
    if (!qp_tape_training(tape) || rate == 0) return x;
    shared_context c = {.x = x, .group = group, .key = key, .rate = rate, .y = qp_tape_tensor(tape, x.rows, x.columns)};
    if (!c.y.value) return c.y;
    drop_shared(&c, qp_tensor_matrix(x), 0, qp_tensor_matrix(c.y));
    qp_tape_record(tape, c.y, shared_back, &c, sizeof c);
    return c.y;
}

/* ---- residual: dx = dy, dbranch = dropout(dy) with the same mask ---- */

typedef struct {
    qp_tensor x, branch, y;
    uint64_t key;
    qp_real rate;
} residual_context;

static void residual_back(qp_tape *tape, void *context)
{
    const residual_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    const qp_tensor input[2] = {c->x, c->branch};
    for (int i = 0; i < 2; i++) {
        qp_real beta;
        qp_real *d = qp_tape_grad(tape, input[i], &beta);
        if (!d) continue;
        if (i == 1 && c->rate > 0) {
            drop(c->key, c->rate, qp_tensor_grad(c->y, dy), beta, qp_tensor_grad(input[i], d));
            continue;
        }
        qp_runs run = qp_runs_of(c->y.rows, c->y.columns, qp_view_dense(input[i]));
        for (int r = 0; r < run.count; r++)
            qp_scale_add(run.length, 1, dy + (size_t)r * run.length, beta, d + (ptrdiff_t)r * input[i].stride);
    }
}

/* y is in the memory of the branch, which has no other reader. */
static void residual_forward(const residual_context *c)
{
    const qp_tensor x = c->x, branch = c->branch, y = c->y;
    qp_runs run = qp_runs_of(y.rows, y.columns, qp_view_dense(x) && qp_view_dense(branch));
    for (int r = 0; r < run.count; r++) {
        const qp_real *left = qp_tensor_row(x, r), *right = qp_tensor_row(branch, r);
        qp_real *sum = qp_tensor_row(y, r);
        if (c->rate > 0)
            qp_dropout_apply(run.length, c->key, (uint64_t)r * (uint64_t)y.columns, c->rate, right, 0, sum);
        else if (sum != right)
            memcpy(sum, right, run.length * sizeof *sum);
        qp_scale_add(run.length, 1, left, 1, sum);
    }
}

qp_tensor qp_residual(qp_tape *tape, qp_tensor x, qp_tensor branch, qp_real rate)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (rate_is_wrong(rate))
        return qp_tape_fail(tape, QP_ESHAPE, "residual: dropout %g is outside [0, 1)", (double)rate);
    if (!qp_view_same_shape(x, branch))
        return qp_tape_fail(tape, QP_ESHAPE, "residual: [%d, %d] and its branch [%d, %d] differ", x.rows, x.columns,
                            branch.rows, branch.columns);
    qp_tensor y = qp_tape_reuse(tape, branch);
    if (!y.value) return y;
    residual_context c = {.x = x, .branch = branch, .y = y};
    if (qp_tape_training(tape) && rate > 0) {
        c.rate = rate;
        c.key = qp_tape_next_key(tape);
    }
    residual_forward(&c);
    qp_tape_record(tape, y, residual_back, &c, sizeof c);
    return y;
}
