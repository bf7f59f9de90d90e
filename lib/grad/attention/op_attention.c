#include "lib/grad/attention/op_attention.h"

#include <math.h>
#include <string.h>

#include "lib/grad/attention/attention_span.h"
#include "lib/grad/attention/attention_step.h"
#include "lib/grad/attention/attention_weigh.h"
#include "lib/grad/views.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

typedef qp_attention_call call;
typedef qp_attention_span span;

/* One block of queries of one head. */
typedef struct {
    int head, q0, rows, keys;
    qp_real *weights; /* [rows, keys], rows `stride` apart */
    int stride;
} block;

static int kv_head_of(const call *a, int head) { return head / (a->config.heads / a->config.kv_heads); }

/* Block of queries from q0. Its weights lie in the map, whole rows; or behind one another without what is never read,
 * `kept` being where; or in scratch. */
static block block_of(const call *a, const span *s, int head, int q0, size_t kept, qp_real *scratch)
{
    int step = qp_attention_block_rows(a);
    block b = {.head = head, .q0 = q0, .rows = s->queries - q0 < step ? s->queries - q0 : step};
    b.keys = qp_attention_keys_read(a, s, q0, b.rows);
    b.stride = a->weights.value ? s->keys : b.keys;
    if (a->weights.value)
        b.weights = a->kept + qp_attention_weight_number(s, head, q0);
    else
        b.weights = a->kept ? a->kept + kept : scratch;
    return b;
}

/* Scores to weights for every query of a block; where all read all and nothing is added, in one call. */
static void weigh_block(const call *a, const span *s, const block *b)
{
    if (qp_attention_plain(a) && b->keys > 0) {
        qp_softmax_rows(b->rows, b->keys, b->weights, b->stride, 1, b->weights, b->stride);
        return;
    }
    for (int q = 0; q < b->rows; q++)
        qp_attention_weigh_row(a, s, b->head, b->q0 + q, b->keys, b->stride, b->weights + (ptrdiff_t)q * b->stride);
}

/* Dropout of a block's weights, elements numbered as in the map. `to` [rows, keys] may be `from`. */
static void drop_weights(const call *a, const span *s, const block *b, const qp_real *from, int from_stride,
                         qp_real *to)
{
    for (int q = 0; q < b->rows; q++)
        qp_dropout_apply((size_t)b->keys, a->key_of_dropout, qp_attention_weight_number(s, b->head, b->q0 + q),
                         a->config.dropout, from + (ptrdiff_t)q * from_stride, 0, to + (ptrdiff_t)q * b->keys);
}

static qp_real *collect_memory(qp_tape *tape, const call *a)
{
    if (!a->config.key_row) return NULL;
    return qp_tape_memory(tape, (size_t)a->longest * (size_t)(a->key.columns + a->value.columns) * sizeof(qp_real));
}

static void clear_rows(int first, int rows, int columns, qp_real *x, int stride)
{
    for (int r = first; r < rows; r++) memset(x + (ptrdiff_t)r * stride, 0, (size_t)columns * sizeof *x);
}

/* ---- forward ---- */

typedef struct {
    qp_real *weights, *dropped, *collected; /* [rows, longest] each; NULL where not needed */
} forward_scratch;

static void head_forward(const call *a, const span *s, int head, const forward_scratch *scratch)
{
    int kv = kv_head_of(a, head), dk = a->dk, dv = a->dv;
    const qp_real *key = s->key + (ptrdiff_t)kv * dk, *value = s->value + (ptrdiff_t)kv * dv;
    size_t kept = s->first_kept + (size_t)head * s->kept_per_head;
    for (int q0 = 0; q0 < s->queries; q0 += qp_attention_block_rows(a)) {
        const block b = block_of(a, s, head, q0, kept, scratch->weights);
        const qp_real *query = qp_tensor_row(a->query, s->first_query + q0) + (ptrdiff_t)head * dk, *used = b.weights;
        qp_real *y = qp_tensor_row(a->y, s->first_query + q0) + (ptrdiff_t)head * dv;
        int used_stride = b.stride;
        kept += (size_t)b.rows * (size_t)b.keys;
        qp_gemm(false, true, b.rows, b.keys, dk, a->config.scale, query, a->query.stride, key, s->key_stride, 0,
                b.weights, b.stride);
        weigh_block(a, s, &b);
        if (scratch->dropped) {
            drop_weights(a, s, &b, b.weights, b.stride, scratch->dropped);
            used = scratch->dropped;
            used_stride = b.keys;
        }
        if (b.keys == 0)
            clear_rows(0, b.rows, dv, y, a->y.stride);
        else
            qp_gemm(false, false, b.rows, dv, b.keys, 1, used, used_stride, value, s->value_stride, 0, y, a->y.stride);
    }
}

/* A single query: no blocks, no copies. */
static void step_forward(const call *a, const span *s, const forward_scratch *scratch)
{
    qp_attention_step step = {.heads = a->config.heads, .kv_heads = a->config.kv_heads, .dk = a->dk, .dv = a->dv};
    step.scale = a->config.scale;
    step.query = qp_tensor_row(a->query, s->first_query);
    step.key = s->key;
    step.value = s->value;
    step.key_stride = s->key_stride;
    step.value_stride = s->value_stride;
    step.keys = s->keys;
    step.row = a->config.key_row ? a->config.key_row + s->first_place : NULL;
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
    forward_scratch scratch = {0};
    if (!a->kept) scratch.weights = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) scratch.dropped = qp_tape_memory(tape, bytes);
    scratch.collected = collect_memory(tape, a);
    if (!qp_attention_tiles(a->qs, a->query.rows)) clear_rows(0, a->y.rows, a->y.columns, a->y.value, a->y.stride);
    span s = {0};
    for (int i = 0; i < a->qs.count && !qp_tape_failed(tape); i++) {
        s = qp_attention_span_of(a, i, i > 0 ? &s : NULL);
        if (s.queries == 1 && !qp_tape_training(tape)) {
            step_forward(a, &s, &scratch);
            continue;
        }
        qp_attention_span_collect(a, &s, scratch.collected);
        for (int h = 0; h < a->config.heads; h++) head_forward(a, &s, h, &scratch);
    }
    qp_tape_rewind(tape, mark);
}

/* ---- backward: dV = P' dY, dP = dY V', dS = P*(dP - sum(P*dP)), dQ = scale*dS K, dK = scale*dS' Q ---- */

/* Where a head's part of dK or dV begins, at the sequence's first key; grad NULL: not wanted. The first write of a
 * sequence takes beta, the next ones add. */
typedef struct {
    qp_real *grad, beta;
    int stride;
} target;

typedef struct {
    const qp_real *dy, *dweights; /* NULL: none came */
    qp_real *grad[3], beta[3];    /* query, key, value: the whole matrices */
    qp_real *dbias;
    qp_real *ds, *dropped;           /* scratch [rows, longest] */
    qp_real *scores;                 /* the same; NULL without softcap */
    qp_real *collected, *dcollected; /* scratch of span_collect; gradients of the same layout */
} backward_work;

/* C[keys, columns] = beta*C + factor * weights' X. C has s->keys rows: those that no query of the block reads are
 * cleared when the block is the first to write. */
static void back_to_keys(const span *s, const block *b, int columns, qp_real factor, const qp_real *weights, int stride,
                         const qp_real *x, int x_stride, target *to)
{
    qp_gemm(true, false, b->keys, columns, b->rows, factor, weights, stride, x, x_stride, to->beta, to->grad,
            to->stride);
    if (to->beta == 0) clear_rows(b->keys, s->keys, columns, to->grad, to->stride);
    to->beta = 1;
}

/* dP of a block into work->ds, dV on the way. */
static void weights_back(const call *a, const span *s, const block *b, const backward_work *work, target *dvalue)
{
    const qp_real *dy = work->dy + (ptrdiff_t)(s->first_query + b->q0) * a->y.stride + (ptrdiff_t)b->head * a->dv;
    const qp_real *value = s->value + (ptrdiff_t)kv_head_of(a, b->head) * a->dv, *used = b->weights;
    int used_stride = b->stride;
    qp_gemm(false, true, b->rows, b->keys, a->dv, 1, dy, a->y.stride, value, s->value_stride, 0, work->ds, b->keys);
    if (work->dropped) {
        drop_weights(a, s, b, work->ds, b->keys, work->ds);
        drop_weights(a, s, b, b->weights, b->stride, work->dropped);
        used = work->dropped;
        used_stride = b->keys;
    }
    if (dvalue->grad) back_to_keys(s, b, a->dv, 1, used, used_stride, dy, a->y.stride, dvalue);
}

/* dS of a block into work->ds. */
static void scores_back(const call *a, const span *s, const block *b, const backward_work *work, target *dvalue)
{
    size_t width = (size_t)b->keys;
    if (work->dy)
        weights_back(a, s, b, work, dvalue);
    else
        clear_rows(0, b->rows, b->keys, work->ds, b->keys);
    for (int q = 0; q < b->rows && work->dweights; q++)
        qp_scale_add(width, 1, work->dweights + qp_attention_weight_number(s, b->head, b->q0 + q), 1,
                     work->ds + (ptrdiff_t)q * b->keys);
    qp_softmax_rows_back(b->rows, b->keys, b->weights, b->stride, work->ds, b->keys, 1, 0, work->ds, b->keys);
    for (int q = 0; q < b->rows && work->dbias; q++) {
        size_t number = qp_attention_weight_number(s, b->head, b->q0 + q) -
                        (a->config.bias_shared ? s->first_weight : 0);
        qp_scale_add(width, 1, work->ds + (ptrdiff_t)q * b->keys, 1, work->dbias + number);
    }
}

/* From the bent scores to the products: these are made once more, to know how far each was bent. */
static void cap_back(const call *a, const span *s, const block *b, const backward_work *work)
{
    const qp_real *query = qp_tensor_row(a->query, s->first_query + b->q0) + (ptrdiff_t)b->head * a->dk;
    const qp_real *key = s->key + (ptrdiff_t)kv_head_of(a, b->head) * a->dk;
    qp_gemm(false, true, b->rows, b->keys, a->dk, a->config.scale, query, a->query.stride, key, s->key_stride, 0,
            work->scores, b->keys);
    qp_attention_cap_back((size_t)b->rows * (size_t)b->keys, a->config.softcap, work->scores, work->ds);
}

static void query_back(const call *a, const span *s, const block *b, const backward_work *work)
{
    if (!work->grad[0]) return;
    const qp_real *key = s->key + (ptrdiff_t)kv_head_of(a, b->head) * a->dk;
    qp_real *dquery = work->grad[0] + (ptrdiff_t)(s->first_query + b->q0) * a->query.stride +
                      (ptrdiff_t)b->head * a->dk;
    qp_gemm(false, false, b->rows, a->dk, b->keys, a->config.scale, work->ds, b->keys, key, s->key_stride,
            work->beta[0], dquery, a->query.stride);
    if (b->keys == 0 && work->beta[0] == 0) clear_rows(0, b->rows, a->dk, dquery, a->query.stride);
}

static void head_back(const call *a, const span *s, int head, const backward_work *work, target dkey, target dvalue)
{
    int step = qp_attention_block_rows(a), last = s->queries > 0 ? (s->queries - 1) / step * step : -1;
    size_t kept = s->first_kept + (size_t)(head + 1) * s->kept_per_head;
    if (last < 0 && dkey.grad && dkey.beta == 0) clear_rows(0, s->keys, a->dk, dkey.grad, dkey.stride);
    if (last < 0 && dvalue.grad && dvalue.beta == 0) clear_rows(0, s->keys, a->dv, dvalue.grad, dvalue.stride);
    for (int q0 = last; q0 >= 0; q0 -= step) { /* from the end: the first block to write reads the most keys */
        block b = block_of(a, s, head, q0, 0, NULL);
        kept -= (size_t)b.rows * (size_t)b.keys;
        if (!a->weights.value) b.weights = a->kept + kept;
        scores_back(a, s, &b, work, &dvalue);
        if (work->scores) cap_back(a, s, &b, work);
        query_back(a, s, &b, work);
        const qp_real *query = qp_tensor_row(a->query, s->first_query + q0) + (ptrdiff_t)head * a->dk;
        if (dkey.grad) back_to_keys(s, &b, a->dk, a->config.scale, work->ds, b.keys, query, a->query.stride, &dkey);
    }
}

/* Gradients of collected rows go home, in order. */
static void give_back(qp_tensor x, const span *s, const int32_t *row, const qp_real *from, qp_real *grad)
{
    for (int j = 0; j < s->keys && grad; j++)
        qp_scale_add((size_t)x.columns, 1, from + (ptrdiff_t)j * x.columns, 1, grad + (ptrdiff_t)row[j] * x.stride);
}

static target head_target(target of, int columns_before, bool first)
{
    if (of.grad) of.grad += columns_before;
    if (!first) of.beta = 1;
    return of;
}

static void span_back(const call *a, span *s, const backward_work *work)
{
    qp_attention_span_collect(a, s, work->collected);
    bool scattered = a->config.key_row != NULL;
    target dkey = {work->grad[1], work->beta[1], s->key_stride},
           dvalue = {work->grad[2], work->beta[2], s->value_stride};
    if (scattered) {
        dkey.grad = work->dcollected;
        dvalue.grad = work->dcollected + (ptrdiff_t)a->longest * a->key.columns;
        dkey.beta = dvalue.beta = 0;
    } else {
        if (dkey.grad) dkey.grad += s->first_place * dkey.stride;
        if (dvalue.grad) dvalue.grad += s->first_place * dvalue.stride;
    }
    for (int h = 0; h < a->config.heads; h++) {
        bool first = h % (a->config.heads / a->config.kv_heads) == 0;
        int kv = kv_head_of(a, h);
        head_back(a, s, h, work, head_target(dkey, kv * a->dk, first), head_target(dvalue, kv * a->dv, first));
    }
    if (!scattered) return;
    const int32_t *row = a->config.key_row + s->first_place;
    give_back(a->key, s, row, dkey.grad, work->grad[1]);
    if (work->dy) give_back(a->value, s, row, dvalue.grad, work->grad[2]);
}

/* Every element of the three gradients is written where the sequences fill their matrices; else clear them first. */
static void take_gradients(qp_tape *tape, const call *a, backward_work *work)
{
    const qp_tensor input[3] = {a->query, a->key, a->value};
    bool whole = work->dy && !a->config.key_row && qp_attention_tiles(a->qs, a->query.rows) &&
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
    backward_work work = {0};
    if (a->y.node->filled) work.dy = qp_tape_upstream(a->y);
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

/* The memory the backward, or the caller's map, will read the weights from. */
static void keep_weights(qp_tape *tape, call *a, size_t weights, size_t kept, qp_attention_map *map)
{
    bool training = qp_tape_training(tape);
    if (map) {
        if (weights > INT32_MAX) {
            qp_tape_fail(tape, QP_EMEMORY, "attention: a map of %zu weights; ask for a shorter text", weights);
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
    /* Backward runs when y, or else when the map alone, received a gradient. */
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
