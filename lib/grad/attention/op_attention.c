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

/* One block of queries of one head: rows q0 .. q0 + weights.rows - 1. */
typedef struct {
    int head, q0;
    qp_matrix weights; /* P [rows, keys], the keys that the block reads */
} block;

static int kv_head_of(const call *a, int head) { return head / (a->config.heads / a->config.kv_heads); }

/* The block of queries from q0. Its weights are stored in the map (full rows of all keys), or packed into `kept`
 * without the keys that the block never reads, from element `kept`, or in scratch. */
static block block_of(const call *a, const span *s, int head, int q0, size_t kept, qp_real *scratch)
{
    const int step = qp_attention_block_rows(a), rows = s->queries - q0 < step ? s->queries - q0 : step;
    const int keys = qp_attention_keys_read(a, s, q0, rows);
    block b = {.head = head, .q0 = q0};
    if (a->weights.value)
        b.weights = qp_matrix_of(a->kept + qp_attention_weight_number(s, head, q0), rows, keys, s->keys);
    else
        b.weights = qp_matrix_dense(a->kept ? a->kept + kept : scratch, rows, keys);
    return b;
}

/* The block's part of a matrix [query rows, heads*columns]. */
static qp_matrix queries_of(qp_matrix m, const span *s, const block *b, int columns)
{
    return qp_matrix_columns(qp_matrix_rows(m, s->first_query + b->q0, b->weights.rows), b->head * columns, columns);
}

/* The head's part of the keys (or values) that the block reads, [keys, kv_heads*columns]. */
static qp_matrix keys_of(const call *a, qp_matrix m, const block *b, int columns)
{
    return qp_matrix_columns(qp_matrix_rows(m, 0, b->weights.columns), kv_head_of(a, b->head) * columns, columns);
}

/* Scores to weights, for every query of a block. */
static void weigh_block(const call *a, const span *s, const block *b)
{
    const qp_matrix w = b->weights;
    if (qp_attention_plain(a) && w.columns > 0) {
        qp_softmax_rows(w, 1, w);
        return;
    }
    for (int q = 0; q < w.rows; q++)
        qp_attention_weigh_row(a, s, b->head, b->q0 + q, w.columns, w.stride, qp_matrix_row(w, q));
}

/* Dropout of a block's weights, with the elements numbered as in the map. `to` may be `from`. */
static void drop_weights(const call *a, const span *s, const block *b, qp_matrix from, qp_matrix to)
{
    for (int q = 0; q < from.rows; q++)
        qp_dropout_apply((size_t)from.columns, a->key_of_dropout, qp_attention_weight_number(s, b->head, b->q0 + q),
                         a->config.dropout, qp_matrix_row(from, q), 0, qp_matrix_row(to, q));
}

static qp_real *collect_memory(qp_tape *tape, const call *a)
{
    if (!a->config.key_row) return NULL;
    return qp_tape_memory(tape, (size_t)a->longest * (size_t)(a->key.columns + a->value.columns) * sizeof(qp_real));
}

/* Rows from `first` on become 0. */
static void clear_rows(qp_matrix m, int first)
{
    for (int r = first; r < m.rows; r++) memset(qp_matrix_row(m, r), 0, (size_t)m.columns * sizeof *m.value);
}

/* ---- forward: S = scale * Q K', P = weights of S, Y = dropout(P) V ---- */

typedef struct {
    qp_real *weights, *dropped, *collected; /* [rows, longest] each; NULL where not needed */
} forward_scratch;

static void head_forward(const call *a, const span *s, int head, const forward_scratch *scratch)
{
    size_t kept = s->first_kept + (size_t)head * s->kept_per_head;
    for (int q0 = 0; q0 < s->queries; q0 += qp_attention_block_rows(a)) {
        const block b = block_of(a, s, head, q0, kept, scratch->weights);
        const qp_matrix query = queries_of(qp_tensor_matrix(a->query), s, &b, a->dk);
        const qp_matrix y = queries_of(qp_tensor_matrix(a->y), s, &b, a->dv);
        qp_matrix used = b.weights;
        kept += (size_t)used.rows * (size_t)used.columns;
        qp_gemm(QP_ABT, a->config.scale, query, keys_of(a, s->key, &b, a->dk), 0, b.weights);
        weigh_block(a, s, &b);
        if (scratch->dropped) {
            used = qp_matrix_dense(scratch->dropped, used.rows, used.columns);
            drop_weights(a, s, &b, b.weights, used);
        }
        if (used.columns == 0)
            clear_rows(y, 0);
        else
            qp_gemm(QP_AB, 1, used, keys_of(a, s->value, &b, a->dv), 0, y);
    }
}

/* A single query, while decoding: no blocks and no copies of keys. */
static void step_forward(const call *a, const span *s, const forward_scratch *scratch)
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
    forward_scratch scratch = {0};
    if (!a->kept) scratch.weights = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) scratch.dropped = qp_tape_memory(tape, bytes);
    scratch.collected = collect_memory(tape, a);
    if (!qp_attention_tiles(a->qs, a->query.rows)) clear_rows(qp_tensor_matrix(a->y), 0);
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

/* ---- backward, with D = dropout(P) ----
 *   dV = D' dY     dP = dropout(dY V') + the gradient written to the map     dS = P*(dP - sum(P*dP)), row by row
 *   dbias = dS     softcap: dS *= 1 - tanh(S/cap)^2, S = scale * Q K'        dQ = scale * dS K    dK = scale * dS' Q */

/* The gradient of a key or value matrix, or a head's part of it; grad.value NULL: not wanted. The first block to
 * write a head's part uses beta, later ones add. */
typedef struct {
    qp_matrix grad;
    qp_real beta;
} target;

typedef struct {
    qp_matrix dy;                    /* value NULL: no gradient of y */
    const qp_real *dweights;         /* gradient of the map; NULL: none */
    qp_real *grad[3], beta[3];       /* query, key, value: the whole matrices */
    qp_real *dbias;                  /* NULL: not wanted */
    qp_real *ds, *dropped;           /* scratch [rows, longest] */
    qp_real *scores;                 /* the same; NULL without softcap */
    qp_real *collected, *dcollected; /* memory of qp_attention_span_collect; gradients in the same layout */
} backward_work;

/* A block's dP, later dS. */
static qp_matrix ds_of(const backward_work *work, const block *b)
{
    return qp_matrix_dense(work->ds, b->weights.rows, b->weights.columns);
}

/* to = beta*to + factor * weights' X. `to` has all keys: those that no query of the block reads are cleared when the
 * block is the first to write. */
static void back_to_keys(qp_real factor, qp_matrix weights, qp_matrix x, target *to)
{
    qp_gemm(QP_ATB, factor, weights, x, to->beta, qp_matrix_rows(to->grad, 0, weights.columns));
    if (to->beta == 0) clear_rows(to->grad, weights.columns);
    to->beta = 1;
}

/* dP = dropout(dY V') into work->ds, and dV += D' dY */
static void weights_back(const call *a, const span *s, const block *b, const backward_work *work, target *dvalue)
{
    const qp_matrix dy = queries_of(work->dy, s, b, a->dv), dp = ds_of(work, b);
    qp_matrix used = b->weights;
    qp_gemm(QP_ABT, 1, dy, keys_of(a, s->value, b, a->dv), 0, dp);
    if (work->dropped) {
        used = qp_matrix_dense(work->dropped, used.rows, used.columns);
        drop_weights(a, s, b, dp, dp);
        drop_weights(a, s, b, b->weights, used);
    }
    if (dvalue->grad.value) back_to_keys(1, used, dy, dvalue);
}

/* dS of a block into work->ds, and dbias += dS */
static void scores_back(const call *a, const span *s, const block *b, const backward_work *work, target *dvalue)
{
    const qp_matrix ds = ds_of(work, b);
    const size_t keys = (size_t)ds.columns;
    if (work->dy.value)
        weights_back(a, s, b, work, dvalue);
    else
        clear_rows(ds, 0);
    for (int q = 0; q < ds.rows && work->dweights; q++)
        qp_scale_add(keys, 1, work->dweights + qp_attention_weight_number(s, b->head, b->q0 + q), 1,
                     qp_matrix_row(ds, q));
    qp_softmax_rows_back(b->weights, ds, 1, 0, ds);
    for (int q = 0; q < ds.rows && work->dbias; q++) {
        size_t number = qp_attention_weight_number(s, b->head, b->q0 + q) -
                        (a->config.bias_shared ? s->first_weight : 0);
        qp_scale_add(keys, 1, qp_matrix_row(ds, q), 1, work->dbias + number);
    }
}

/* Softcap backward: dS *= 1 - tanh(S/cap)^2; recomputes the raw scores S. */
static void softcap_back(const call *a, const span *s, const block *b, const backward_work *work)
{
    const qp_matrix scores = qp_matrix_dense(work->scores, b->weights.rows, b->weights.columns);
    qp_gemm(QP_ABT, a->config.scale, queries_of(qp_tensor_matrix(a->query), s, b, a->dk), keys_of(a, s->key, b, a->dk),
            0, scores);
    qp_attention_softcap_back((size_t)scores.rows * (size_t)scores.columns, a->config.softcap, work->scores, work->ds);
}

/* dQ = scale * dS K */
static void query_back(const call *a, const span *s, const block *b, const backward_work *work)
{
    if (!work->grad[0]) return;
    const qp_matrix dquery = queries_of(qp_tensor_grad(a->query, work->grad[0]), s, b, a->dk), ds = ds_of(work, b);
    qp_gemm(QP_AB, a->config.scale, ds, keys_of(a, s->key, b, a->dk), work->beta[0], dquery);
}

/* dkey, dvalue: the head's parts, from the sequence's first key. */
static void head_back(const call *a, const span *s, int head, const backward_work *work, target dkey, target dvalue)
{
    int step = qp_attention_block_rows(a), last = s->queries > 0 ? (s->queries - 1) / step * step : -1;
    size_t kept = s->first_kept + (size_t)(head + 1) * s->kept_per_head;
    if (last < 0 && dkey.grad.value && dkey.beta == 0) clear_rows(dkey.grad, 0);
    if (last < 0 && dvalue.grad.value && dvalue.beta == 0) clear_rows(dvalue.grad, 0);
    for (int q0 = last; q0 >= 0; q0 -= step) { /* from the end: the first block to write reads the most keys */
        block b = block_of(a, s, head, q0, 0, NULL);
        kept -= (size_t)b.weights.rows * (size_t)b.weights.columns;
        if (!a->weights.value) b.weights.value = a->kept + kept;
        scores_back(a, s, &b, work, &dvalue);
        if (work->scores) softcap_back(a, s, &b, work);
        query_back(a, s, &b, work);
        if (dkey.grad.value)
            back_to_keys(a->config.scale, ds_of(work, &b), queries_of(qp_tensor_matrix(a->query), s, &b, a->dk), &dkey);
    }
}

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

static void span_back(const call *a, span *s, const backward_work *work)
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
        const int kv = kv_head_of(a, h);
        const bool first = h % (a->config.heads / a->config.kv_heads) == 0;
        head_back(a, s, h, work, head_target(dkey, kv, a->dk, first), head_target(dvalue, kv, a->dv, first));
    }
    if (!scattered) return;
    const int32_t *row = a->config.key_row + s->first_place;
    scatter_back(a->key, row, dkey.grad, work->grad[1]);
    if (work->dy.value) scatter_back(a->value, row, dvalue.grad, work->grad[2]);
}

/* Where the sequences cover their matrices every element of the three gradients is written; else they are cleared
 * first. */
static void take_gradients(qp_tape *tape, const call *a, backward_work *work)
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
    backward_work work = {0};
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
