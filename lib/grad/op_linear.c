#include "lib/grad/op_linear.h"

#include <string.h>

#include "lib/grad/step_weights.h"
#include "lib/grad/views.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/rows.h"

/* ---- one affine map, shared by both operations ---- */

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

/* y = x W' + b. The bias is laid down first and the product added to it: cheaper than a pass over y afterwards. */
static void map_forward(const qp_tape *tape, qp_tensor x, qp_tensor weight, qp_tensor bias, qp_tensor y)
{
    const qp_packed *packed = packed_of(tape, weight);
    if (packed) {
        qp_gemm_packed(x.rows, x.value, x.stride, packed, bias.value, 0, y.value, y.stride);
        return;
    }
    bool biased = !qp_view_empty(bias);
    for (int r = 0; biased && r < y.rows; r++)
        memcpy(qp_tensor_row(y, r), bias.value, (size_t)y.columns * sizeof(qp_real));
    qp_gemm(false, true, x.rows, weight.rows, weight.columns, 1, x.value, x.stride, weight.value, weight.stride,
            biased ? 1 : 0, y.value, y.stride);
}

/* Where a gradient goes and whether it is stored or added; written in the order they were taken. */
typedef struct {
    qp_real *grad, beta;
} slot;

static slot slot_take(qp_tape *tape, qp_tensor x)
{
    slot taken;
    taken.grad = qp_tape_grad(tape, x, &taken.beta);
    return taken;
}

/* dW += dy' x, db += column sums of dy. */
static void map_back_weights(qp_tensor x, qp_tensor weight, slot dweight, slot dbias, const qp_real *dy, int dy_stride)
{
    if (dweight.grad)
        qp_gemm(true, false, weight.rows, weight.columns, x.rows, 1, dy, dy_stride, x.value, x.stride, dweight.beta,
                dweight.grad, weight.stride);
    if (dbias.grad) qp_column_sums(x.rows, weight.rows, dy, dy_stride, dbias.beta, dbias.grad);
}

/* dx = beta*dx + dy W */
static void map_back_input(int rows, qp_tensor weight, const qp_real *dy, int dy_stride, qp_real beta, qp_real *dx,
                           int dx_stride)
{
    qp_gemm(false, false, rows, weight.columns, weight.rows, 1, dy, dy_stride, weight.value, weight.stride, beta, dx,
            dx_stride);
}

/* ---- linear ---- */

typedef struct {
    qp_tensor x, weight, bias, y;
} linear_context;

static void linear_back(qp_tape *tape, void *context)
{
    const linear_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    slot dweight = slot_take(tape, c->weight), dbias = slot_take(tape, c->bias), dx = slot_take(tape, c->x);
    map_back_weights(c->x, c->weight, dweight, dbias, dy, c->y.stride);
    if (dx.grad) map_back_input(c->x.rows, c->weight, dy, c->y.stride, dx.beta, dx.grad, c->x.stride);
}

/* The same at one of many steps (step_weights.h). */
static void step_back(qp_tape *tape, void *context)
{
    const linear_context *c = context;
    const qp_real *dy = qp_tape_upstream(c->y);
    const qp_packed *packed = qp_step_packed(tape, c->weight, true);
    qp_step_gradient(tape, c->weight, c->x.rows, dy, c->y.stride, c->x.value, c->x.stride);
    slot dbias = slot_take(tape, c->bias), dx = slot_take(tape, c->x);
    if (dbias.grad) qp_column_sums(c->x.rows, c->weight.rows, dy, c->y.stride, dbias.beta, dbias.grad);
    if (dx.grad && packed) qp_gemm_packed(c->x.rows, dy, c->y.stride, packed, NULL, dx.beta, dx.grad, c->x.stride);
}

static qp_tensor step_linear(qp_tape *tape, const linear_context *c)
{
    const qp_packed *packed = qp_step_packed(tape, c->weight, false);
    if (!packed) return (qp_tensor){0};
    qp_gemm_packed(c->x.rows, c->x.value, c->x.stride, packed, c->bias.value, 0, c->y.value, c->y.stride);
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
    map_forward(tape, x, weight, bias, y);
    qp_tape_record(tape, y, linear_back, &c, sizeof c);
    return y;
}

/* ---- feed forward ---- */

/* plain: pre = x W1' + b1, act = f(pre).      gated: pre = x G' + bg, act = f(pre), up = x W1' + b1.
 * hidden = dropout(act * up), up being 1 when plain. Kept for the backward: act, pre if f' needs it, up if gated;
 * hidden is made again when it is not act itself. */
typedef struct {
    qp_tensor x, y, pre, act, up;
    qp_feed_forward_weights w;
    uint64_t key;
    bool gated;
} block_context;

static bool slope_from_output(qp_activation_kind kind)
{
    return kind == QP_IDENTITY || kind == QP_SIGMOID || kind == QP_TANH || kind == QP_RELU || kind == QP_LEAKY_RELU;
}

static size_t hidden_count(const block_context *c) { return (size_t)c->x.rows * (size_t)c->w.inner.rows; }

static bool hidden_is_act(const block_context *c) { return !c->gated && c->w.dropout == 0; }

/* hidden = dropout(act * up) into `to`. */
static void make_hidden(const block_context *c, qp_real *to)
{
    size_t n = hidden_count(c);
    const qp_real *from = c->act.value;
    if (c->gated) {
        qp_multiply_add(n, from, c->up.value, 0, to);
        from = to;
    }
    if (c->w.dropout > 0) qp_dropout_apply(n, c->key, 0, c->w.dropout, from, 0, to);
}

static void block_forward(qp_tape *tape, const block_context *c, qp_real *hidden)
{
    const qp_feed_forward_weights *w = &c->w;
    if (c->gated) {
        map_forward(tape, c->x, w->gate, w->gate_bias, c->pre);
        map_forward(tape, c->x, w->inner, w->inner_bias, c->up);
    } else {
        map_forward(tape, c->x, w->inner, w->inner_bias, c->pre);
    }
    qp_activate(w->activation, hidden_count(c), c->pre.value, 0, c->act.value);
    if (!hidden_is_act(c)) make_hidden(c, hidden);
    map_forward(tape, qp_tensor_of(c->x.rows, w->inner.rows, hidden), w->outer, w->outer_bias, c->y);
}

/* On entry dhidden holds dL/d hidden; on return dL/d pre, and dup (gated) dL/d up. */
static void hidden_back(const block_context *c, qp_real *dhidden, qp_real *dup)
{
    size_t n = hidden_count(c);
    if (c->w.dropout > 0) qp_dropout_apply(n, c->key, 0, c->w.dropout, dhidden, 0, dhidden);
    if (c->gated) {
        qp_multiply_add(n, dhidden, c->act.value, 0, dup);
        qp_multiply_add(n, dhidden, c->up.value, 0, dhidden);
    }
    const qp_real *pre = slope_from_output(c->w.activation) ? NULL : c->pre.value;
    qp_activate_back(c->w.activation, n, pre, c->act.value, 0, dhidden, 0, dhidden);
}

/* Gradients are taken before the scratch, because they outlive it, and written in the order they were taken, because
 * two of the weights may be one. */
static void block_back(qp_tape *tape, void *context)
{
    const block_context *c = context;
    const qp_feed_forward_weights *w = &c->w;
    int rows = c->x.rows, width = w->inner.rows;
    const qp_real *dy = qp_tape_upstream(c->y);
    qp_tensor first = c->gated ? w->gate : w->inner, first_bias = c->gated ? w->gate_bias : w->inner_bias;
    slot douter = slot_take(tape, w->outer), douter_bias = slot_take(tape, w->outer_bias);
    slot dfirst = slot_take(tape, first), dfirst_bias = slot_take(tape, first_bias);
    slot dinner = {0}, dinner_bias = {0};
    if (c->gated) {
        dinner = slot_take(tape, w->inner);
        dinner_bias = slot_take(tape, w->inner_bias);
    }
    slot dx = slot_take(tape, c->x);
    size_t mark = qp_tape_mark(tape), bytes = hidden_count(c) * sizeof(qp_real);
    qp_real *hidden = hidden_is_act(c) ? c->act.value : qp_tape_memory(tape, bytes);
    qp_real *dhidden = qp_tape_memory(tape, bytes), *dup = c->gated ? qp_tape_memory(tape, bytes) : NULL;
    if (!qp_tape_failed(tape)) {
        if (!hidden_is_act(c)) make_hidden(c, hidden);
        map_back_weights(qp_tensor_of(rows, width, hidden), w->outer, douter, douter_bias, dy, c->y.stride);
        map_back_input(rows, w->outer, dy, c->y.stride, 0, dhidden, width);
        hidden_back(c, dhidden, dup);
        map_back_weights(c->x, first, dfirst, dfirst_bias, dhidden, width);
        if (c->gated) map_back_weights(c->x, w->inner, dinner, dinner_bias, dup, width);
        if (dx.grad) map_back_input(rows, first, dhidden, width, dx.beta, dx.grad, c->x.stride);
        if (dx.grad && c->gated) map_back_input(rows, w->inner, dup, width, 1, dx.grad, c->x.stride);
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
    block_context c = {.x = x, .y = y, .w = *w, .gated = gated};
    size_t mark = qp_tape_mark(tape);
    c.act = qp_tape_constant(tape, x.rows, w->inner.rows);
    c.pre = slope_from_output(w->activation) || !training ? c.act : qp_tape_constant(tape, x.rows, w->inner.rows);
    if (gated) c.up = qp_tape_constant(tape, x.rows, w->inner.rows);
    if (!training) c.w.dropout = 0;
    if (c.w.dropout > 0) c.key = qp_tape_next_key(tape);
    size_t scratch = qp_tape_mark(tape);
    qp_real *hidden = hidden_is_act(&c) ? c.act.value : qp_tape_memory(tape, hidden_count(&c) * sizeof(qp_real));
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    block_forward(tape, &c, hidden);
    qp_tape_rewind(tape, training ? scratch : mark);
    qp_tape_record(tape, y, block_back, &c, sizeof c);
    return y;
}
