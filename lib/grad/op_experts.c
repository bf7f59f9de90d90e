#include "lib/grad/op_experts.h"

#include <math.h>
#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

/* ---- routing ---- */

typedef struct {
    qp_routes r;
    qp_tensor logits;
    qp_real *p, *z_root; /* [rows, experts], [rows] log sum exp */
    bool normalize;
} route_context;

static int choices_of(const route_context *c, int expert) { return c->r.first[expert + 1] - c->r.first[expert]; }

/* The sum of p over the experts of row r, or 1 without normalisation. */
static qp_real chosen_sum(const route_context *c, int r)
{
    qp_real sum = 0;
    if (!c->normalize) return 1;
    const qp_real *p = c->p + (ptrdiff_t)r * c->r.experts;
    const int32_t *expert = c->r.expert + (ptrdiff_t)r * c->r.top;
    for (int k = 0; k < c->r.top; k++) sum += p[expert[k]];
    return sum;
}

/* dp[r, e_k] += dw_k, normalised: (dw_k - sum_j dw_j w_j) / sum of the chosen p */
static void weight_back(const route_context *c, int r, const qp_real *dw, qp_real *dp)
{
    const int top = c->r.top;
    const qp_real *w = qp_tensor_row(c->r.weight, r), sum = chosen_sum(c, r);
    qp_real shared = 0;
    for (int k = 0; c->normalize && k < top; k++) shared += dw[k] * w[k];
    for (int k = 0; k < top; k++) dp[c->r.expert[(ptrdiff_t)r * top + k]] += (dw[k] - shared) / sum;
}

/* dp_re += dweight; + dbalance * experts * f_e / rows
 * dlogits_re = p_re (dp_re - sum_j p_rj dp_rj) + dz * 2 lse_r p_re / rows */
static void route_back(qp_tape *tape, void *context)
{
    const route_context *c = context;
    const int experts = c->r.experts, rows = c->r.rows;
    const qp_real *dw = c->r.weight.node->filled ? qp_tape_upstream(c->r.weight) : NULL;
    const qp_real balance = c->r.balance.node->filled ? *qp_tape_upstream(c->r.balance) : 0;
    const qp_real z = c->r.z.node->filled ? *qp_tape_upstream(c->r.z) : 0;
    qp_real beta, *dlogits = qp_tape_grad(tape, c->logits, &beta);
    size_t mark = qp_tape_mark(tape);
    qp_real *dp = qp_tape_memory(tape, (size_t)experts * sizeof *dp);
    for (int r = 0; dlogits && dp && r < rows; r++) {
        const qp_real *p = c->p + (ptrdiff_t)r * experts;
        qp_real *to = dlogits + (ptrdiff_t)r * c->logits.stride, dot = 0;
        for (int e = 0; e < experts; e++)
            dp[e] = balance * (qp_real)experts * (qp_real)choices_of(c, e) /
                    ((qp_real)rows * (qp_real)rows * (qp_real)c->r.top);
        if (dw) weight_back(c, r, dw + (ptrdiff_t)r * c->r.weight.stride, dp);
        for (int e = 0; e < experts; e++) dot += p[e] * dp[e];
        for (int e = 0; e < experts; e++)
            to[e] = (beta != 0 ? to[e] : 0) + p[e] * (dp[e] - dot + z * 2 * c->z_root[r] / (qp_real)rows);
    }
    qp_tape_rewind(tape, mark);
}

/* Choices by expert, those of an expert by row. */
static void order_choices(qp_routes *r)
{
    const int count = r->rows * r->top;
    memset(r->first, 0, ((size_t)r->experts + 1) * sizeof *r->first);
    for (int i = 0; i < count; i++) r->first[r->expert[i] + 1]++;
    for (int e = 0; e < r->experts; e++) r->first[e + 1] += r->first[e];
    for (int i = 0; i < count; i++) {
        int32_t *next = &r->first[r->expert[i]];
        r->row[*next] = i / r->top;
        r->place[i] = (*next)++;
    }
    for (int e = r->experts; e > 0; e--) r->first[e] = r->first[e - 1];
    r->first[0] = 0;
}

static void choose(route_context *c)
{
    qp_routes *r = &c->r;
    const qp_matrix p = qp_matrix_dense(c->p, r->rows, r->experts);
    double balance = 0, z = 0;
    qp_softmax_rows(qp_tensor_matrix(c->logits), 1, p);
    qp_top_rows(p, r->top, r->expert);
    order_choices(r);
    for (int i = 0; i < r->rows; i++) {
        const qp_real *row = qp_tensor_row(c->logits, i), sum = chosen_sum(c, i);
        const qp_real *probability = c->p + (ptrdiff_t)i * r->experts;
        const int32_t *expert = r->expert + (ptrdiff_t)i * r->top;
        c->z_root[i] = row[expert[0]] - (qp_real)log((double)probability[expert[0]]);
        z += (double)c->z_root[i] * (double)c->z_root[i];
        for (int k = 0; k < r->top; k++)
            qp_tensor_row(r->weight, i)[k] = probability[expert[k]] / sum;
    }
    for (int e = 0; e < r->experts; e++) {
        double mean = 0;
        for (int i = 0; i < r->rows; i++) mean += (double)c->p[(ptrdiff_t)i * r->experts + e];
        balance += choices_of(c, e) * mean;
    }
    double rows = r->rows > 0 ? r->rows : 1;
    *r->balance.value = (qp_real)(balance * r->experts / (rows * rows * r->top));
    *r->z.value = (qp_real)(z / rows);
}

qp_routes qp_route(qp_tape *tape, qp_tensor logits, int top, bool normalize)
{
    const int rows = logits.rows, experts = logits.columns;
    if (!qp_tape_failed(tape) && (top < 1 || top > experts))
        qp_tape_fail(tape, QP_ESHAPE, "experts: %d of %d", top, experts);
    if (qp_tape_failed(tape)) return (qp_routes){0};
    size_t count = (size_t)rows * (size_t)top;
    route_context c = {.r = {.experts = experts, .top = top, .rows = rows}, .logits = logits, .normalize = normalize};
    c.r.weight = qp_tape_tensor(tape, rows, top);
    c.r.balance = qp_tape_tensor(tape, 1, 1);
    c.r.z = qp_tape_tensor(tape, 1, 1);
    c.r.expert = qp_tape_memory(tape, (count + 1) * sizeof *c.r.expert);
    c.r.first = qp_tape_memory(tape, ((size_t)experts + 1) * sizeof *c.r.first);
    c.r.row = qp_tape_memory(tape, (count + 1) * sizeof *c.r.row);
    c.r.place = qp_tape_memory(tape, (count + 1) * sizeof *c.r.place);
    c.p = qp_tape_memory(tape, ((size_t)rows * (size_t)experts + 1) * sizeof *c.p);
    c.z_root = qp_tape_memory(tape, ((size_t)rows + 1) * sizeof *c.z_root);
    if (qp_tape_failed(tape)) return (qp_routes){0};
    choose(&c);
    const qp_tensor out[] = {c.r.weight, c.r.balance, c.r.z};
    qp_tape_record_several(tape, out, 3, route_back, &c, sizeof c);
    return c.r;
}

/* ---- mixing ---- */

typedef struct {
    const qp_routes *r;
    qp_tensor out, weight, y;
} mix_context;

/* dout[place_rk] = w_rk dy_r     dw_rk = dy_r . out[place_rk]; every choice is one row of out */
static void mix_back(qp_tape *tape, void *context)
{
    const mix_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_real beta_out, beta_weight;
    qp_real *dout = qp_tape_grad(tape, c->out, &beta_out), *dweight = qp_tape_grad(tape, c->weight, &beta_weight);
    const int top = c->r->top;
    for (int i = 0; i < c->r->rows * top; i++) {
        const qp_real *from = dy + (ptrdiff_t)(i / top) * c->y.stride;
        const qp_real *out = qp_tensor_row(c->out, c->r->place[i]);
        qp_real w = qp_tensor_row(c->weight, i / top)[i % top];
        if (dout)
            qp_scale_add((size_t)c->y.columns, w, from, beta_out,
                         dout + (ptrdiff_t)c->r->place[i] * c->out.stride);
        if (!dweight) continue;
        qp_real dot = 0, *to = dweight + (ptrdiff_t)(i / top) * c->weight.stride + i % top;
        for (int j = 0; j < c->y.columns; j++) dot += from[j] * out[j];
        *to = (beta_weight != 0 ? *to : 0) + dot;
    }
}

qp_tensor qp_route_mix(qp_tape *tape, qp_tensor out, const qp_routes *routes)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (out.rows != routes->rows * routes->top)
        return qp_tape_fail(tape, QP_ESHAPE, "experts: %d outputs of %d choices", out.rows,
                            routes->rows * routes->top);
    mix_context c = {.r = routes, .out = out, .weight = routes->weight};
    c.y = qp_tape_tensor(tape, routes->rows, out.columns);
    if (!c.y.value) return c.y;
    for (int r = 0; r < routes->rows; r++)
        for (int k = 0; k < routes->top; k++)
            qp_scale_add((size_t)out.columns, qp_tensor_row(c.weight, r)[k],
                         qp_tensor_row(out, routes->place[(ptrdiff_t)r * routes->top + k]), k > 0,
                         qp_tensor_row(c.y, r));
    qp_tape_record(tape, c.y, mix_back, &c, sizeof c);
    return c.y;
}
