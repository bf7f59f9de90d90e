#include "lib/grad/attention/op_attention.h"

#include <math.h>
#include <string.h>

#include "lib/grad/attention/attention_head.h"
#include "lib/grad/attention/attention_step.h"
#include "lib/grad/attention/attention_weigh.h"
#include "lib/tensor/pointwise.h"

typedef qp_attention_call call;
typedef qp_attention_span span;
typedef qp_attention_target target;

static qp_real *collect_memory(qp_tape *tape, const call *a)
{
    if (!a->config.key_row) return NULL;
    return qp_tape_memory(tape, (size_t)a->longest * (size_t)(a->key.columns + a->value.columns) * sizeof(qp_real));
}

/* ---- forward ---- */

/* A single query, while decoding: no blocks and no copies of keys. */
static void step_forward(const call *a, const span *s, const qp_attention_scratch *scratch)
{
    qp_attention_step step = {.heads = a->config.heads,
                              .kv_heads = a->config.kv_heads,
                              .dk = a->dk,
                              .dv = a->dv,
                              .scale = a->config.scale,
                              .query = qp_tensor_row(a->query, s->first_query),
                              .key = s->key,
                              .value = s->value,
                              .keys = s->keys};
    if (a->config.key_row) {
        step.key = qp_tensor_matrix(a->key);
        step.value = qp_tensor_matrix(a->value);
        step.row = a->config.key_row + s->first_place;
    }
    qp_real *weights = a->kept ? a->kept + s->first_weight : scratch->weights;
    qp_attention_step_scores(&step, weights);
    for (int h = 0; h < step.heads; h++)
        qp_attention_weigh_row(a, s, h, 0, s->keys, s->keys, weights + (ptrdiff_t)h * s->keys);
    qp_attention_step_mix(&step, weights, qp_tensor_row(a->y, s->first_query));
}

static void forward(qp_tape *tape, const call *a)
{
    size_t mark = qp_tape_mark(tape);
    size_t most = (size_t)(a->config.heads > QP_ATTENTION_ROWS ? a->config.heads : QP_ATTENTION_ROWS);
    size_t bytes = most * (size_t)a->longest * sizeof(qp_real);
    qp_attention_scratch scratch = {0};
    if (!a->kept) scratch.weights = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) scratch.dropped = qp_tape_memory(tape, bytes);
    scratch.collected = collect_memory(tape, a);
    if (!qp_attention_tiles(a->qs, a->query.rows)) qp_attention_clear_rows(qp_tensor_matrix(a->y), 0);
    span s = {0};
    for (int i = 0; i < a->qs.count && !qp_tape_failed(tape); i++) {
        s = qp_attention_span_of(a, i, i > 0 ? &s : NULL);
        if (s.queries == 1 && !qp_tape_training(tape)) {
            step_forward(a, &s, &scratch);
            continue;
        }
        qp_attention_span_collect(a, &s, scratch.collected);
        for (int h = 0; h < a->config.heads; h++) qp_attention_head(a, &s, h, &scratch);
    }
    qp_tape_rewind(tape, mark);
}

/* ---- backward ---- */

/* Scatter-adds the gradients of collected rows, in row order. */
static void scatter_back(qp_tensor x, const int32_t *row, qp_matrix from, qp_real *grad)
{
    for (int j = 0; j < from.rows && grad; j++)
        qp_scale_add((size_t)x.columns, 1, qp_matrix_row(from, j), 1, grad + (ptrdiff_t)row[j] * x.stride);
}

/* The part of one key/value head; all but the first head that reads it add. */
static target head_target(target of, int kv_head, int columns, bool first)
{
    if (of.grad.value) of.grad = qp_matrix_columns(of.grad, kv_head * columns, columns);
    if (!first) of.beta = 1;
    return of;
}

static target target_of(qp_tensor x, const span *s, qp_real *grad, qp_real beta)
{
    if (!grad) return (target){.beta = beta};
    return (target){.grad = qp_matrix_rows(qp_tensor_grad(x, grad), (int)s->first_place, s->keys), .beta = beta};
}

static void span_back(const call *a, span *s, const qp_attention_back_work *work)
{
    qp_attention_span_collect(a, s, work->collected);
    const bool scattered = a->config.key_row != NULL;
    target dkey, dvalue;
    if (scattered) {
        dkey = (target){.grad = qp_matrix_dense(work->dcollected, s->keys, a->key.columns)};
        dvalue = (target){.grad = qp_matrix_dense(work->dcollected + (ptrdiff_t)a->longest * a->key.columns, s->keys,
                                                  a->value.columns)};
    } else {
        dkey = target_of(a->key, s, work->grad[1], work->beta[1]);
        dvalue = target_of(a->value, s, work->grad[2], work->beta[2]);
    }
    for (int h = 0; h < a->config.heads; h++) {
        const int kv = qp_attention_kv_head(a, h);
        const bool first = h % (a->config.heads / a->config.kv_heads) == 0;
        qp_attention_head_back(a, s, h, work, head_target(dkey, kv, a->dk, first),
                               head_target(dvalue, kv, a->dv, first));
    }
    if (!scattered) return;
    const int32_t *row = a->config.key_row + s->first_place;
    scatter_back(a->key, row, dkey.grad, work->grad[1]);
    if (work->dy.value) scatter_back(a->value, row, dvalue.grad, work->grad[2]);
}

/* Where the sequences cover their matrices every element of the three gradients is written; else they are cleared
 * first. */
static void take_gradients(qp_tape *tape, const call *a, qp_attention_back_work *work)
{
    const qp_tensor input[3] = {a->query, a->key, a->value};
    bool whole = work->dy.value && !a->config.key_row && qp_attention_tiles(a->qs, a->query.rows) &&
                 qp_attention_tiles(a->ks, a->key.rows);
    if (whole) {
        qp_tape_grad_bands(tape, input, 3, work->grad, work->beta);
    } else {
        for (int i = 0; i < 3; i++) {
            work->grad[i] = qp_tape_grad_zeroed(tape, input[i]);
            work->beta[i] = 1;
        }
    }
    work->dbias = qp_tape_grad_zeroed(tape, a->config.bias);
}

static void attention_back(qp_tape *tape, void *context)
{
    const call *a = context;
    if (*a->done) return;
    *a->done = true;
    qp_attention_back_work work = {0};
    if (a->y.node->filled) work.dy = qp_tensor_grad(a->y, qp_tape_upstream(a->y));
    if (a->weights.node && a->weights.node->filled) work.dweights = qp_tape_upstream(a->weights);
    take_gradients(tape, a, &work);
    size_t mark = qp_tape_mark(tape), bytes = (size_t)qp_attention_block_rows(a) * (size_t)a->longest * sizeof(qp_real);
    work.ds = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) work.dropped = qp_tape_memory(tape, bytes);
    if (a->config.softcap > 0) work.scores = qp_tape_memory(tape, bytes);
    work.collected = collect_memory(tape, a);
    work.dcollected = collect_memory(tape, a);
    span s = {0};
    for (int i = 0; i < a->qs.count && !qp_tape_failed(tape); i++) {
        s = qp_attention_span_of(a, i, i > 0 ? &s : NULL);
        span_back(a, &s, &work);
    }
    qp_tape_rewind(tape, mark);
}

/* ---- the operation ---- */

/* Memory for the weights that the backward, or the caller's map, reads. */
static void keep_weights(qp_tape *tape, call *a, size_t weights, size_t kept, qp_attention_map *map)
{
    bool training = qp_tape_training(tape);
    if (map) {
        if (weights > INT32_MAX) {
            qp_tape_fail(tape, QP_EMEMORY, "attention: a map of %zu weights is too large; use a shorter text", weights);
            return;
        }
        a->weights = qp_tape_tensor(tape, (int)weights, 1);
        a->kept = a->weights.value;
        *map = (qp_attention_map){.heads = a->config.heads, .weights = a->weights};
    } else if (training) {
        a->kept = qp_tape_memory(tape, kept * sizeof(qp_real));
    }
    if (training) {
        a->done = qp_tape_memory(tape, sizeof *a->done);
        if (a->done) *a->done = false;
    }
}

qp_tensor qp_attention(qp_tape *tape, qp_tensor query, qp_sequences qs, qp_tensor key, qp_tensor value, qp_sequences ks,
                       const qp_attention_config *config, qp_attention_map *map)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    call a = {.query = query, .key = key, .value = value, .qs = qs, .ks = ks, .config = *config};
    size_t weights, kept;
    if (!qp_attention_check(tape, &a, &weights, &kept)) return (qp_tensor){0};
    if (!qp_tape_training(tape)) a.config.dropout = 0;
    if (a.config.dropout > 0) a.key_of_dropout = qp_tape_next_key(tape);
    a.y = qp_tape_tensor(tape, query.rows, a.config.heads * a.dv);
    keep_weights(tape, &a, weights, kept, map);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    forward(tape, &a);
    /* The backward runs once: when y received a gradient, or else when only the map did. */
    if (map) qp_tape_record(tape, a.weights, attention_back, &a, sizeof a);
    qp_tape_record(tape, a.y, attention_back, &a, sizeof a);
    return qp_tape_failed(tape) ? (qp_tensor){0} : a.y;
}

void qp_attention_slopes(int heads, qp_real *slope)
{
    int power = 1;
    while (power <= heads / 2) power *= 2;
    for (int h = 0; h < heads; h++) {
        double exponent = h < power ? 8.0 * (h + 1) : 4.0 * (2 * (h - power) + 1);
        slope[h] = (qp_real)exp2(-exponent / power);
    }
}
