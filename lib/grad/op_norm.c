#include "lib/grad/op_norm.h"

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

/* Layer norm and RMS norm are one computation: without a mean (NULL) it is RMS norm. */
typedef struct {
    qp_tensor x, weight, bias, y;
    qp_row_norm norm;
} norm_context;

/* With h = (x - mean)*inverse and g = dy*weight:  dx = inverse*(g - average(g) - h*average(g*h)), RMS norm: without
 * average(g);  dweight = sum over rows of dy*h;  dbias = sum over rows of dy */
static void norm_back(qp_tape *tape, void *context)
{
    const norm_context *c = context;
    const qp_tensor x = c->x;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    qp_row_norm norm = c->norm;
    norm.dweight = qp_tape_grad_zeroed(tape, c->weight);
    norm.dbias = qp_tape_grad_zeroed(tape, c->bias);
    qp_real beta;
    qp_real *dx = qp_tape_grad(tape, x, &beta);
    size_t mark = qp_tape_mark(tape);
    int stride = x.stride;
    if (!dx && (norm.dweight || norm.dbias)) { /* the kernel always writes dx: give it scratch memory */
        dx = qp_tape_memory(tape, (size_t)x.rows * (size_t)x.columns * sizeof *dx);
        stride = x.columns;
        beta = 0;
    }
    if (dx) qp_norm_rows_back(qp_tensor_matrix(x), &norm, dy, beta, qp_matrix_of(dx, x.rows, x.columns, stride));
    qp_tape_rewind(tape, mark);
}

static qp_tensor norm(qp_tape *tape, const char *name, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon,
                      bool centred)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if ((!qp_view_empty(weight) && !qp_view_is_row(weight, x.columns)) ||
        (!qp_view_empty(bias) && !qp_view_is_row(bias, x.columns)) || x.columns < 1)
        return qp_tape_fail(tape, QP_ESHAPE, "%s: x [%d, %d], weight [%d, %d], bias [%d, %d]", name, x.rows, x.columns,
                            weight.rows, weight.columns, bias.rows, bias.columns);
    qp_tensor y = qp_tape_tensor(tape, x.rows, x.columns);
    norm_context c = {.x = x, .weight = weight, .bias = bias, .y = y};
    c.norm = (qp_row_norm){.weight = weight.value, .bias = bias.value};
    c.norm.inverse = qp_tape_memory(tape, (size_t)x.rows * sizeof(qp_real));
    if (centred) c.norm.mean = qp_tape_memory(tape, (size_t)x.rows * sizeof(qp_real));
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    qp_norm_rows(qp_tensor_matrix(x), &c.norm, epsilon, qp_tensor_matrix(y));
    qp_tape_record(tape, y, norm_back, &c, sizeof c);
    return y;
}

qp_tensor qp_layer_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_real epsilon)
{
    return norm(tape, "layer norm", x, weight, bias, epsilon, true);
}

qp_tensor qp_rms_norm(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_real epsilon)
{
    return norm(tape, "rms norm", x, weight, (qp_tensor){0}, epsilon, false);
}

/* ---- norms of heads ---- */

typedef struct {
    qp_tensor x, y;
    qp_head_norms norms;
    qp_real *inverse, *mean; /* [heads, rows]; mean NULL: RMS norm */
} heads_context;

/* Head h of a matrix like x, and the norm with its part of inverse and mean. */
static qp_matrix head_of(const heads_context *c, const qp_real *value, int stride, int h)
{
    return qp_matrix_of(value + (ptrdiff_t)h * c->norms.width, c->x.rows, c->norms.width, stride);
}

static qp_row_norm norm_of(const heads_context *c, int h)
{
    int side = h >= c->norms.heads[0];
    ptrdiff_t first = (ptrdiff_t)h * c->x.rows;
    return (qp_row_norm){.weight = c->norms.weight[side].value,
                         .bias = c->norms.bias[side].value,
                         .inverse = c->inverse + first,
                         .mean = c->mean ? c->mean + first : NULL};
}

/* Each head as in norm_back; columns after the heads: dx = dy */
static void heads_back(qp_tape *tape, void *context)
{
    const heads_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real *dweight[2], *dbias[2], beta;
    int heads = c->norms.heads[0] + c->norms.heads[1], rest = heads * c->norms.width;
    for (int side = 0; side < 2; side++) {
        dweight[side] = qp_tape_grad_zeroed(tape, c->norms.weight[side]);
        dbias[side] = qp_tape_grad_zeroed(tape, c->norms.bias[side]);
    }
    qp_real *dx = qp_tape_grad(tape, c->x, &beta);
    size_t mark = qp_tape_mark(tape);
    int stride = c->x.stride;
    if (!dx) { /* the kernel always writes dx: give it scratch memory */
        dx = qp_tape_memory(tape, (size_t)c->x.rows * (size_t)c->x.columns * sizeof *dx);
        stride = c->x.columns;
        beta = 0;
    }
    for (int h = 0; dx && h < heads; h++) {
        qp_row_norm norm = norm_of(c, h);
        norm.dweight = dweight[h >= c->norms.heads[0]];
        norm.dbias = dbias[h >= c->norms.heads[0]];
        qp_norm_rows_back(head_of(c, c->x.value, c->x.stride, h), &norm, head_of(c, dy, c->y.stride, h), beta,
                          head_of(c, dx, stride, h));
    }
    for (int r = 0; dx && c->x.columns > rest && r < c->x.rows; r++)
        qp_scale_add((size_t)(c->x.columns - rest), 1, dy + (ptrdiff_t)r * c->y.stride + rest, beta,
                     dx + (ptrdiff_t)r * stride + rest);
    qp_tape_rewind(tape, mark);
}

static bool heads_fit(qp_tensor x, const qp_head_norms *n)
{
    for (int side = 0; side < 2; side++) {
        if (n->heads[side] < 0 || n->heads[side] > x.columns) return false;
        if (!qp_view_empty(n->weight[side]) && !qp_view_is_row(n->weight[side], n->width)) return false;
        if (!qp_view_empty(n->bias[side]) && !qp_view_is_row(n->bias[side], n->width)) return false;
    }
    return n->width > 0 && n->heads[0] + n->heads[1] <= x.columns / n->width;
}

qp_tensor qp_norm_heads(qp_tape *tape, qp_tensor x, const qp_head_norms *norms)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!heads_fit(x, norms))
        return qp_tape_fail(tape, QP_ESHAPE, "norm of heads: %d and %d heads of %d columns in %d", norms->heads[0],
                            norms->heads[1], norms->width, x.columns);
    int heads = norms->heads[0] + norms->heads[1], rest = heads * norms->width;
    size_t bytes = (size_t)heads * (size_t)x.rows * sizeof(qp_real);
    heads_context c = {.x = x, .norms = *norms, .y = qp_tape_tensor(tape, x.rows, x.columns)};
    c.inverse = qp_tape_memory(tape, bytes);
    if (norms->centred) c.mean = qp_tape_memory(tape, bytes);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int h = 0; h < heads; h++) {
        qp_row_norm norm = norm_of(&c, h);
        qp_norm_rows(head_of(&c, x.value, x.stride, h), &norm, norms->epsilon, head_of(&c, c.y.value, c.y.stride, h));
    }
    for (int r = 0; x.columns > rest && r < x.rows; r++)
        qp_scale_add((size_t)(x.columns - rest), 1, qp_tensor_row(x, r) + rest, 0, qp_tensor_row(c.y, r) + rest);
    qp_tape_record(tape, c.y, heads_back, &c, sizeof c);
    return c.y;
}
