#include "lib/grad/op_linear.h"

#include <string.h>

#include "lib/grad/step_weights.h"
#include "lib/grad/views.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/rows.h"

/* ---- one affine map, used by both operations ---- */

static bool map_fits(qp_tensor x, qp_tensor weight, qp_tensor bias)
{
    return weight.columns == x.columns && (qp_view_empty(bias) || qp_view_is_row(bias, weight.rows));
}

static const qp_packed *packed_of(const qp_tape *tape, qp_tensor weight)
{
    const qp_packed *packed = weight.packed;
    if (qp_tape_training(tape) || !packed || packed->n != weight.rows || packed->k != weight.columns) return NULL;
    return packed;
}

void qp_weight_product(const qp_tape *tape, qp_gemm_form form, qp_matrix a, qp_matrix b, qp_real beta, qp_matrix c)
{
    if (qp_tape_uses_bf16(tape) && qp_tape_training(tape))
        qp_gemm_bf16(form, a, b, beta, c);
    else
        qp_gemm(form, 1, a, b, beta, c);
}

/* y = x W' + b */
void qp_linear_values(const qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_tensor y)
{
    const qp_packed *packed = packed_of(tape, weight);
    if (packed) {
        qp_gemm_packed(qp_tensor_matrix(x), packed, bias.value, 0, qp_tensor_matrix(y));
        return;
    }
    bool biased = !qp_view_empty(bias), narrow = qp_tape_uses_bf16(tape) && qp_tape_training(tape);
    if (biased && !narrow) {
        qp_gemm_bias(qp_tensor_matrix(x), qp_tensor_matrix(weight), bias.value, qp_tensor_matrix(y));
        return;
    }
    for (int r = 0; biased && r < y.rows; r++)
        memcpy(qp_tensor_row(y, r), bias.value, (size_t)y.columns * sizeof(qp_real));
    qp_weight_product(tape, QP_ABT, qp_tensor_matrix(x), qp_tensor_matrix(weight), biased ? 1 : 0, qp_tensor_matrix(y));
}

/* Where a gradient is written: stored (beta 0) or added (1). Slots are written in the order in which they were
 * taken. */
typedef struct {
    qp_real *grad, beta;
} slot;

static slot slot_take(qp_tape *tape, qp_tensor x)
{
    slot taken;
    taken.grad = qp_tape_grad(tape, x, &taken.beta);
    return taken;
}

/* dW += dy' x     db += sum of the rows of dy */
static void map_back_weights(const qp_tape *tape, qp_tensor x, qp_tensor weight, slot dweight, slot dbias, qp_matrix dy)
{
    if (dweight.grad)
        qp_weight_product(tape, QP_ATB, dy, qp_tensor_matrix(x), dweight.beta, qp_tensor_grad(weight, dweight.grad));
    if (dbias.grad) qp_column_sums(dy, dbias.beta, dbias.grad);
}

/* dx = beta*dx + dy W */
static void map_back_input(const qp_tape *tape, qp_tensor weight, qp_matrix dy, qp_real beta, qp_matrix dx)
{
    qp_weight_product(tape, QP_AB, dy, qp_tensor_matrix(weight), beta, dx);
}

/* ---- linear ---- */

typedef struct {
    qp_tensor x, weight, bias, y;
} linear_context;

/* dx = dy W     dW = dy' x     db = sum of the rows of dy */
static void linear_back(qp_tape *tape, void *context)
{
    const linear_context *c = context;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    slot dweight = slot_take(tape, c->weight), dbias = slot_take(tape, c->bias), dx = slot_take(tape, c->x);
    map_back_weights(tape, c->x, c->weight, dweight, dbias, dy);
    if (dx.grad) map_back_input(tape, c->weight, dy, dx.beta, qp_tensor_grad(c->x, dx.grad));
}

/* The same for one of many steps: the weight is packed and dW collected (step_weights.h). */
static void step_back(qp_tape *tape, void *context)
{
    const linear_context *c = context;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    const qp_packed *packed = qp_step_packed(tape, c->weight, true);
    qp_step_gradient(tape, c->weight, dy, qp_tensor_matrix(c->x));
    slot dbias = slot_take(tape, c->bias), dx = slot_take(tape, c->x);
    if (dbias.grad) qp_column_sums(dy, dbias.beta, dbias.grad);
    if (dx.grad && packed) qp_gemm_packed(dy, packed, NULL, dx.beta, qp_tensor_grad(c->x, dx.grad));
}

static qp_tensor step_linear(qp_tape *tape, const linear_context *c)
{
    const qp_packed *packed = qp_step_packed(tape, c->weight, false);
    if (!packed) return (qp_tensor){0};
    qp_gemm_packed(qp_tensor_matrix(c->x), packed, c->bias.value, 0, qp_tensor_matrix(c->y));
    qp_tape_record(tape, c->y, step_back, c, sizeof *c);
    return c->y;
}

qp_tensor qp_linear(qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    if (!map_fits(x, weight, bias))
        return qp_tape_fail(tape, QP_ESHAPE, "linear: x [%d, %d], weight [%d, %d], bias [%d, %d]", x.rows, x.columns,
                            weight.rows, weight.columns, bias.rows, bias.columns);
    qp_tensor y = qp_tape_tensor(tape, x.rows, weight.rows);
    if (!y.value) return y;
    const linear_context c = {x, weight, bias, y};
    if (qp_step_weight(tape, weight)) return step_linear(tape, &c);
    qp_linear_values(tape, x, weight, bias, y);
    qp_tape_record(tape, y, linear_back, &c, sizeof c);
    return y;
}

/* ---- feed forward ---- */

/* plain   pre = x W1' + b1   act = f(pre)                        hidden = dropout(act)        y = hidden W2' + b2
 * gated   pre = x G' + bg    act = f(pre)   up = x W1' + b1      hidden = dropout(act * up)   y = hidden W2' + b2
 * Kept for the backward: act, pre if f' needs it, up if gated. The backward recomputes hidden unless it is act. */
typedef struct {
    qp_tensor x, y, pre, act, up;
    qp_feed_forward_weights w;
    uint64_t key;
    bool gated;
    bool again; /* the rows run in parts, of which nothing is kept: the backward computes act, pre and up again */
    int first;  /* of a part: its first row */
} block_context;

/* At least 1: a block without rows is one empty part, which clears gradients that it is the first to write. */
static int part_rows(const block_context *c) { return c->again ? QP_FEED_FORWARD_ROWS : c->x.rows > 0 ? c->x.rows : 1; }

static qp_tensor some_rows(qp_tensor x, int first, int count)
{
    x.value = qp_tensor_row(x, first);
    x.rows = count;
    return x;
}

/* The part that begins at row `first`; act, pre and up hold one part. */
static block_context part_of(const block_context *c, int first)
{
    const int left = c->x.rows - first, count = left < part_rows(c) ? left : part_rows(c);
    block_context part = *c;
    part.x = some_rows(c->x, first, count);
    part.y = some_rows(c->y, first, count);
    part.act.rows = part.pre.rows = part.up.rows = count;
    part.first = first;
    return part;
}

/* Memory of act, pre and up. */
static void take_hidden(qp_tape *tape, block_context *c, bool separate)
{
    const int rows = part_rows(c), width = c->w.inner.rows;
    c->act = qp_tape_constant(tape, rows, width);
    c->pre = separate ? qp_tape_constant(tape, rows, width) : c->act;
    if (c->gated) c->up = qp_tape_constant(tape, rows, width);
}

static bool slope_from_output(qp_activation_kind kind)
{
    return kind == QP_IDENTITY || kind == QP_SIGMOID || kind == QP_TANH || kind == QP_RELU || kind == QP_LEAKY_RELU;
}

static size_t hidden_count(const block_context *c) { return (size_t)c->x.rows * (size_t)c->w.inner.rows; }

/* The number of the first element for dropout. */
static uint64_t first_hidden(const block_context *c) { return (uint64_t)c->first * (uint64_t)c->w.inner.rows; }

static bool hidden_is_act(const block_context *c) { return !c->gated && c->w.dropout == 0; }

/* to = hidden */
static void make_hidden(const block_context *c, qp_real *to)
{
    size_t n = hidden_count(c);
    const qp_real *from = c->act.value;
    if (c->gated) {
        qp_multiply_add(n, from, c->up.value, 0, to);
        from = to;
    }
    if (c->w.dropout > 0) qp_dropout_apply(n, c->key, first_hidden(c), c->w.dropout, from, 0, to);
}

/* act, pre, up, and hidden where it is not act. */
static void hidden_forward(const qp_tape *tape, const block_context *c, qp_real *hidden)
{
    const qp_feed_forward_weights *w = &c->w;
    if (c->gated) {
        qp_linear_values(tape, c->x, w->gate, w->gate_bias, c->pre);
        qp_linear_values(tape, c->x, w->inner, w->inner_bias, c->up);
    } else {
        qp_linear_values(tape, c->x, w->inner, w->inner_bias, c->pre);
    }
    qp_activate(w->activation, hidden_count(c), c->pre.value, qp_activation_slope(w->activation), c->act.value);
    if (!hidden_is_act(c)) make_hidden(c, hidden);
}

static void block_forward(const qp_tape *tape, const block_context *c, qp_real *hidden)
{
    const qp_feed_forward_weights *w = &c->w;
    for (int first = 0; first == 0 || first < c->x.rows; first += part_rows(c)) {
        const block_context part = part_of(c, first);
        hidden_forward(tape, &part, hidden);
        qp_linear_values(tape, qp_tensor_of(part.x.rows, w->inner.rows, hidden), w->outer, w->outer_bias, part.y);
    }
}

/* From dhidden = dL/d hidden, in place, to dL/d pre; gated: dL/d up into dup.
 *   d(act*up) = dropout'(dhidden)   dup = d(act*up) * act   dact = d(act*up) * up   dpre = dact * f'(pre) */
static void hidden_back(const block_context *c, qp_real *dhidden, qp_real *dup)
{
    size_t n = hidden_count(c);
    if (c->w.dropout > 0) qp_dropout_apply(n, c->key, first_hidden(c), c->w.dropout, dhidden, 0, dhidden);
    if (c->gated) {
        qp_multiply_add(n, dhidden, c->act.value, 0, dup);
        qp_multiply_add(n, dhidden, c->up.value, 0, dhidden);
    }
    const qp_real *pre = slope_from_output(c->w.activation) ? NULL : c->pre.value;
    const qp_real slope = qp_activation_slope(c->w.activation);
    qp_activate_back(c->w.activation, n, pre, c->act.value, slope, dhidden, 0, dhidden);
}

/* Where the gradients of a block are written, and scratch memory for a part of its rows. */
typedef struct {
    slot outer, outer_bias, first, first_bias, inner, inner_bias, x;
    qp_real *hidden, *dhidden, *dup;
} block_gradients;

/* dW2 = dy' hidden   db2 = sum of dy   dhidden = dy W2   then hidden_back, and
 *   plain   dW1 = dpre' x   db1 = sum of dpre                                          dx = dpre W1
 *   gated   dG = dpre' x    dbg = sum of dpre   dW1 = dup' x   db1 = sum of dup        dx = dpre G + dup W1 */
static void part_back(const qp_tape *tape, const block_context *c, const block_gradients *g, qp_matrix dy)
{
    const qp_feed_forward_weights *w = &c->w;
    const int rows = c->x.rows, width = w->inner.rows;
    const qp_tensor first = c->gated ? w->gate : w->inner;
    const qp_matrix dpre = qp_matrix_dense(g->dhidden, rows, width), gate_up = qp_matrix_dense(g->dup, rows, width);
    if (c->again)
        hidden_forward(tape, c, g->hidden);
    else if (!hidden_is_act(c))
        make_hidden(c, g->hidden);
    map_back_weights(tape, qp_tensor_of(rows, width, g->hidden), w->outer, g->outer, g->outer_bias, dy);
    map_back_input(tape, w->outer, dy, 0, dpre);
    hidden_back(c, g->dhidden, g->dup);
    map_back_weights(tape, c->x, first, g->first, g->first_bias, dpre);
    if (c->gated) map_back_weights(tape, c->x, w->inner, g->inner, g->inner_bias, gate_up);
    if (!g->x.grad) return;
    const qp_matrix dx = qp_tensor_grad(c->x, g->x.grad + (ptrdiff_t)c->first * c->x.stride);
    map_back_input(tape, first, dpre, g->x.beta, dx);
    if (c->gated) map_back_input(tape, w->inner, gate_up, 1, dx);
}

/* Gradients are taken before the scratch memory, because they outlive it, and written in the order in which they were
 * taken, because two of the weights may be the same tensor. */
static block_gradients take_slots(qp_tape *tape, const block_context *c)
{
    const qp_feed_forward_weights *w = &c->w;
    block_gradients g = {0};
    g.outer = slot_take(tape, w->outer), g.outer_bias = slot_take(tape, w->outer_bias);
    g.first = slot_take(tape, c->gated ? w->gate : w->inner);
    g.first_bias = slot_take(tape, c->gated ? w->gate_bias : w->inner_bias);
    if (c->gated) g.inner = slot_take(tape, w->inner), g.inner_bias = slot_take(tape, w->inner_bias);
    g.x = slot_take(tape, c->x);
    return g;
}

static void block_back(qp_tape *tape, void *context)
{
    block_context *c = context;
    const qp_matrix dy = qp_tensor_grad(c->y, qp_tape_upstream(c->y));
    block_gradients g = take_slots(tape, c);
    size_t mark = qp_tape_mark(tape);
    size_t bytes = (size_t)part_rows(c) * (size_t)c->w.inner.rows * sizeof(qp_real);
    if (c->again) take_hidden(tape, c, !slope_from_output(c->w.activation));
    g.hidden = hidden_is_act(c) ? c->act.value : qp_tape_memory(tape, bytes);
    g.dhidden = qp_tape_memory(tape, bytes);
    if (c->gated) g.dup = qp_tape_memory(tape, bytes);
    for (int first = 0; (first == 0 || first < c->x.rows) && !qp_tape_failed(tape); first += part_rows(c)) {
        const block_context part = part_of(c, first);
        part_back(tape, &part, &g, qp_matrix_rows(dy, first, part.x.rows));
        g.outer.beta = g.outer_bias.beta = g.first.beta = g.first_bias.beta = g.inner.beta = g.inner_bias.beta = 1;
    }
    qp_tape_rewind(tape, mark);
}

static bool block_fits(qp_tensor x, const qp_feed_forward_weights *w, bool gated)
{
    if (!map_fits(x, w->inner, w->inner_bias)) return false;
    if (gated && (w->gate.rows != w->inner.rows || !map_fits(x, w->gate, w->gate_bias))) return false;
    return w->outer.columns == w->inner.rows &&
           (qp_view_empty(w->outer_bias) || qp_view_is_row(w->outer_bias, w->outer.rows));
}

qp_tensor qp_feed_forward(qp_tape *tape, qp_tensor x, const qp_feed_forward_weights *w)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    bool gated = !qp_view_empty(w->gate), training = qp_tape_training(tape);
    if (!block_fits(x, w, gated) || !(w->dropout >= 0 && w->dropout < 1))
        return qp_tape_fail(tape, QP_ESHAPE,
                            "feed forward: x [%d, %d], inner [%d, %d], gate [%d, %d], outer [%d, %d], dropout %g",
                            x.rows, x.columns, w->inner.rows, w->inner.columns, w->gate.rows, w->gate.columns,
                            w->outer.rows, w->outer.columns, (double)w->dropout);
    qp_tensor y = qp_tape_tensor(tape, x.rows, w->outer.rows);
    block_context c = {.x = x, .y = y, .w = *w, .gated = gated, .again = x.rows > QP_FEED_FORWARD_ROWS};
    size_t mark = qp_tape_mark(tape);
    take_hidden(tape, &c, training && !c.again && !slope_from_output(w->activation));
    if (!training) c.w.dropout = 0;
    if (c.w.dropout > 0) c.key = qp_tape_next_key(tape);
    size_t scratch = qp_tape_mark(tape);
    size_t bytes = (size_t)part_rows(&c) * (size_t)w->inner.rows * sizeof(qp_real);
    qp_real *hidden = hidden_is_act(&c) ? c.act.value : qp_tape_memory(tape, bytes);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    block_forward(tape, &c, hidden);
    qp_tape_rewind(tape, training && !c.again ? scratch : mark);
    qp_tape_record(tape, y, block_back, &c, sizeof c);
    return y;
}
