#include "lib/grad/op_attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/attention_step.h"
#include "lib/grad/views.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

/* Queries are taken in blocks of rows. Under a causal mask a block reads no further than the last key that any of its
 * queries may read, so smaller blocks skip more; without one a block only bounds the scratch. */
enum { CAUSAL_ROWS = 64, FREE_ROWS = 256 };

typedef struct {
    qp_tensor query, key, value, y, weights;
    qp_sequences qs, ks;
    qp_attention_config config;   /* kv_heads and scale filled in; dropout 0 outside training */
    int dk, dv;
    int longest;                  /* keys of the longest sequence */
    qp_real *kept;                /* P of all blocks, or NULL */
    uint64_t key_of_dropout;
    bool *done;                   /* backward has run (a call with a map leaves two entries) */
} attention;

/* One pair of sequences. */
typedef struct {
    int queries, keys;
    int first_query;              /* row */
    ptrdiff_t first_place;        /* of the keys */
    size_t first_weight;          /* number of this sequence's first weight in [sum of heads*Tq*Tk] */
    const qp_real *key, *value;   /* row j of the keys that are read at key + j*key_stride */
    int key_stride, value_stride;
} span;

static int block_rows(const attention *a) { return a->config.causal ? CAUSAL_ROWS : FREE_ROWS; }

static int kv_head_of(const attention *a, int head) { return head / (a->config.heads / a->config.kv_heads); }

static int key_position(const attention *a, const span *s, int j)
{
    return a->config.key_position ? a->config.key_position[s->first_place + j] : j;
}

static int query_position(const attention *a, const span *s, int q)
{
    if (a->config.query_position) return a->config.query_position[s->first_query + q];
    int last = s->keys > 0 ? key_position(a, s, s->keys - 1) : -1;
    return last - (s->queries - 1) + q;
}

static bool may_read(const attention *a, const span *s, int position, int j)
{
    return !a->config.causal || key_position(a, s, j) <= position;
}

/* How many keys, counted from the first, hold all that queries q0 .. q0+rows-1 may read. */
static int keys_read(const attention *a, const span *s, int q0, int rows)
{
    if (!a->config.causal || rows <= 0) return s->keys;
    int furthest = query_position(a, s, q0);
    for (int q = q0 + 1; q < q0 + rows; q++) {
        int position = query_position(a, s, q);
        if (position > furthest) furthest = position;
    }
    int keys = s->keys;
    while (keys > 0 && key_position(a, s, keys - 1) > furthest) keys--;
    return keys;
}

static size_t weight_number(const span *s, int head, int q)
{
    return s->first_weight + ((size_t)head * (size_t)s->queries + (size_t)q) * (size_t)s->keys;
}

/* Scores of one query to weights, in place: biases, mask, softmax over the keys it may read; 0 elsewhere. */
static void weigh_row(const attention *a, const span *s, int head, int q, int keys, qp_real *row)
{
    const qp_attention_config *config = &a->config;
    int position = query_position(a, s, q), readable = keys;
    if (!qp_view_empty(config->bias)) {
        const size_t number = weight_number(s, head, q);
        const qp_real *bias = config->bias.value + (config->bias_shared ? number - s->first_weight : number);
        for (int j = 0; j < keys; j++) row[j] += bias[j];
    }
    if (config->slope)
        for (int j = 0; j < keys; j++) row[j] -= config->slope[head] * (qp_real)abs(position - key_position(a, s, j));
    if (config->causal) {
        while (readable > 0 && !may_read(a, s, position, readable - 1)) readable--;
        for (int j = 0; config->key_position && j < readable; j++)
            if (!may_read(a, s, position, j)) row[j] = -(qp_real)INFINITY;
    }
    if (readable > 0) qp_softmax_rows(1, readable, row, readable, 1, row, readable);
    if (readable < s->keys) memset(row + readable, 0, (size_t)(s->keys - readable) * sizeof *row);
}

/* dropout of the weights of `rows` queries, element numbers as in the map. to may be from. */
static void drop_weights(const attention *a, const span *s, int head, int q0, int rows, int keys, const qp_real *from,
                         qp_real *to)
{
    for (int q = 0; q < rows; q++) {
        ptrdiff_t at = (ptrdiff_t)q * s->keys;
        qp_dropout_apply((size_t)keys, a->key_of_dropout, weight_number(s, head, q0 + q), a->config.dropout, from + at, 0,
                         to + at);
    }
}

/* ---- sequences ---- */

static span span_of(const attention *a, int i, size_t first_weight)
{
    span s = {.queries = qp_sequence_length(a->qs, i), .keys = qp_sequence_length(a->ks, i)};
    s.first_query = a->qs.start[i];
    s.first_place = a->ks.start[i];
    s.first_weight = first_weight;
    s.key = a->key.value + (a->config.key_row ? 0 : s.first_place * a->key.stride);
    s.value = a->value.value + (a->config.key_row ? 0 : s.first_place * a->value.stride);
    s.key_stride = a->key.stride;
    s.value_stride = a->value.stride;
    return s;
}

static size_t span_weights(const attention *a, const span *s)
{
    return (size_t)a->config.heads * (size_t)s->queries * (size_t)s->keys;
}

/* Bring scattered key and value rows together: memory [longest, key columns + value columns]. */
static void span_collect(const attention *a, span *s, qp_real *memory)
{
    if (!a->config.key_row) return;
    const int32_t *row = a->config.key_row + s->first_place;
    int key_columns = a->key.columns, value_columns = a->value.columns;
    qp_real *key = memory, *value = memory + (ptrdiff_t)a->longest * key_columns;
    for (int j = 0; j < s->keys; j++) {
        memcpy(key + (ptrdiff_t)j * key_columns, qp_tensor_row(a->key, row[j]), (size_t)key_columns * sizeof *key);
        memcpy(value + (ptrdiff_t)j * value_columns, qp_tensor_row(a->value, row[j]), (size_t)value_columns * sizeof *value);
    }
    s->key = key;
    s->value = value;
    s->key_stride = key_columns;
    s->value_stride = value_columns;
}

static qp_real *collect_memory(qp_tape *tape, const attention *a)
{
    if (!a->config.key_row) return NULL;
    return qp_tape_memory(tape, (size_t)a->longest * (size_t)(a->key.columns + a->value.columns) * sizeof(qp_real));
}

/* The sequences lie end to end and fill the matrix. */
static bool sequences_tile(qp_sequences s, int rows)
{
    int next = 0;
    for (int i = 0; i < s.count; i++) {
        if (s.start[i] != next) return false;
        next += qp_sequence_length(s, i);
    }
    return next == rows;
}

/* ---- forward ---- */

typedef struct {
    qp_real *weights, *dropped, *collected;   /* [rows, longest] each; NULL where not needed */
} forward_scratch;

static void head_forward(const attention *a, const span *s, int head, const forward_scratch *scratch)
{
    int kv = kv_head_of(a, head), dk = a->dk, dv = a->dv;
    const qp_real *key = s->key + (ptrdiff_t)kv * dk, *value = s->value + (ptrdiff_t)kv * dv;
    for (int q0 = 0; q0 < s->queries; q0 += block_rows(a)) {
        int rows = s->queries - q0 < block_rows(a) ? s->queries - q0 : block_rows(a), keys = keys_read(a, s, q0, rows);
        const qp_real *query = qp_tensor_row(a->query, s->first_query + q0) + (ptrdiff_t)head * dk;
        qp_real *y = qp_tensor_row(a->y, s->first_query + q0) + (ptrdiff_t)head * dv;
        qp_real *weights = a->kept ? a->kept + weight_number(s, head, q0) : scratch->weights;
        qp_gemm(false, true, rows, keys, dk, a->config.scale, query, a->query.stride, key, s->key_stride, 0, weights,
                s->keys);
        for (int q = 0; q < rows; q++) weigh_row(a, s, head, q0 + q, keys, weights + (ptrdiff_t)q * s->keys);
        if (scratch->dropped) {
            drop_weights(a, s, head, q0, rows, keys, weights, scratch->dropped);
            weights = scratch->dropped;
        }
        qp_gemm(false, false, rows, dv, keys, 1, weights, s->keys, value, s->value_stride, 0, y, a->y.stride);
        for (int q = 0; q < rows && keys == 0; q++) memset(y + (ptrdiff_t)q * a->y.stride, 0, (size_t)dv * sizeof *y);
    }
}

/* A single query: no blocks, no copies. */
static void step_forward(const attention *a, const span *s, const forward_scratch *scratch)
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
    for (int h = 0; h < step.heads; h++) weigh_row(a, s, h, 0, s->keys, weights + (ptrdiff_t)h * s->keys);
    qp_attention_step_mix(&step, weights, qp_tensor_row(a->y, s->first_query));
}

static void forward(qp_tape *tape, const attention *a)
{
    size_t mark = qp_tape_mark(tape), most = (size_t)(a->config.heads > FREE_ROWS ? a->config.heads : FREE_ROWS);
    size_t bytes = most * (size_t)a->longest * sizeof(qp_real);
    forward_scratch scratch = {0};
    if (!a->kept) scratch.weights = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) scratch.dropped = qp_tape_memory(tape, bytes);
    scratch.collected = collect_memory(tape, a);
    if (!sequences_tile(a->qs, a->query.rows))
        memset(a->y.value, 0, (size_t)a->y.rows * (size_t)a->y.columns * sizeof(qp_real));
    size_t first_weight = 0;
    for (int i = 0; i < a->qs.count && !qp_tape_failed(tape); i++) {
        span s = span_of(a, i, first_weight);
        first_weight += span_weights(a, &s);
        if (s.queries == 1 && !qp_tape_training(tape)) {
            step_forward(a, &s, &scratch);
            continue;
        }
        span_collect(a, &s, scratch.collected);
        for (int h = 0; h < a->config.heads; h++) head_forward(a, &s, h, &scratch);
    }
    qp_tape_rewind(tape, mark);
}

/* ---- backward: dV = P' dY, dP = dY V', dS = P*(dP - sum(P*dP)), dQ = scale*dS K, dK = scale*dS' Q ---- */

typedef struct {
    const qp_real *dy, *dweights;       /* NULL: none came */
    qp_real *grad[3], beta[3];          /* query, key, value: the whole matrices */
    qp_real *dbias;
    qp_real *slope_of_scores, *dropped; /* scratch [rows, longest] */
    qp_real *collected, *dcollected;    /* scratch of span_collect; gradients of the same layout */
} backward_work;

static void clear_rows(int first, int rows, int columns, qp_real *x, int stride)
{
    for (int r = first; r < rows; r++) memset(x + (ptrdiff_t)r * stride, 0, (size_t)columns * sizeof *x);
}

/* C[keys, columns] = beta*C + factor * weights' X, C has s->keys rows: those that no query of the block reads are
 * cleared when the block is the first to write. */
static void back_to_keys(const span *s, int keys, int rows, int columns, qp_real factor, const qp_real *weights,
                         const qp_real *x, int x_stride, qp_real beta, qp_real *c, int c_stride)
{
    qp_gemm(true, false, keys, columns, rows, factor, weights, s->keys, x, x_stride, beta, c, c_stride);
    if (beta == 0) clear_rows(keys, s->keys, columns, c, c_stride);
}

/* dS of one block into work->slope_of_scores; dV on the way. dvalue NULL: not wanted. */
static void block_scores_back(const attention *a, const span *s, int head, int q0, int rows, int keys,
                              const backward_work *work, qp_real *dvalue, int dvalue_stride, qp_real beta)
{
    const qp_real *weights = a->kept + weight_number(s, head, q0);
    qp_real *ds = work->slope_of_scores;
    if (work->dy) {
        const qp_real *dy = work->dy + (ptrdiff_t)(s->first_query + q0) * a->y.stride + (ptrdiff_t)head * a->dv;
        const qp_real *value = s->value + (ptrdiff_t)kv_head_of(a, head) * a->dv, *used = weights;
        qp_gemm(false, true, rows, keys, a->dv, 1, dy, a->y.stride, value, s->value_stride, 0, ds, s->keys);
        if (work->dropped) {
            drop_weights(a, s, head, q0, rows, keys, ds, ds);
            drop_weights(a, s, head, q0, rows, keys, weights, work->dropped);
            used = work->dropped;
        }
        if (dvalue) back_to_keys(s, keys, rows, a->dv, 1, used, dy, a->y.stride, beta, dvalue, dvalue_stride);
    } else {
        clear_rows(0, rows, keys, ds, s->keys);
    }
    for (int q = 0; q < rows && work->dweights; q++)
        qp_scale_add((size_t)keys, 1, work->dweights + weight_number(s, head, q0 + q), 1, ds + (ptrdiff_t)q * s->keys);
    qp_softmax_rows_back(rows, keys, weights, s->keys, ds, s->keys, 1, 0, ds, s->keys);
    for (int q = 0; q < rows && work->dbias; q++) {
        size_t number = weight_number(s, head, q0 + q) - (a->config.bias_shared ? s->first_weight : 0);
        qp_scale_add((size_t)keys, 1, ds + (ptrdiff_t)q * s->keys, 1, work->dbias + number);
    }
}

/* dkey, dvalue: this head's columns at the sequence's first key, or NULL; beta: of the first write to each. */
static void head_back(const attention *a, const span *s, int head, const backward_work *work, qp_real *dkey,
                      int dkey_stride, qp_real key_beta, qp_real *dvalue, int dvalue_stride, qp_real value_beta)
{
    int step = block_rows(a), dk = a->dk, last = s->queries > 0 ? (s->queries - 1) / step * step : -1;
    const qp_real *key = s->key + (ptrdiff_t)kv_head_of(a, head) * dk;
    if (last < 0 && dkey && key_beta == 0) clear_rows(0, s->keys, dk, dkey, dkey_stride);
    if (last < 0 && dvalue && value_beta == 0) clear_rows(0, s->keys, a->dv, dvalue, dvalue_stride);
    for (int q0 = last; q0 >= 0; q0 -= step) { /* from the end: the first block to write reads the most keys */
        int rows = s->queries - q0 < step ? s->queries - q0 : step, keys = keys_read(a, s, q0, rows);
        const qp_real *query = qp_tensor_row(a->query, s->first_query + q0) + (ptrdiff_t)head * dk;
        const qp_real *ds = work->slope_of_scores;
        block_scores_back(a, s, head, q0, rows, keys, work, dvalue, dvalue_stride, value_beta);
        if (work->grad[0]) {
            qp_real *dquery = work->grad[0] + (ptrdiff_t)(s->first_query + q0) * a->query.stride + (ptrdiff_t)head * dk;
            qp_gemm(false, false, rows, dk, keys, a->config.scale, ds, s->keys, key, s->key_stride, work->beta[0], dquery,
                    a->query.stride);
            if (keys == 0 && work->beta[0] == 0) clear_rows(0, rows, dk, dquery, a->query.stride);
        }
        if (dkey)
            back_to_keys(s, keys, rows, dk, a->config.scale, ds, query, a->query.stride, key_beta, dkey, dkey_stride);
        key_beta = value_beta = 1;
    }
}

/* Gradients of collected rows go home, in order. */
static void give_back(qp_tensor x, const span *s, const int32_t *row, const qp_real *from, qp_real *grad)
{
    for (int j = 0; j < s->keys && grad; j++)
        qp_scale_add((size_t)x.columns, 1, from + (ptrdiff_t)j * x.columns, 1, grad + (ptrdiff_t)row[j] * x.stride);
}

static void span_back(const attention *a, span *s, const backward_work *work)
{
    span_collect(a, s, work->collected);
    bool scattered = a->config.key_row != NULL;
    qp_real *dkeys = work->grad[1], *dvalues = work->grad[2];
    qp_real key_beta = work->beta[1], value_beta = work->beta[2];
    int key_stride = s->key_stride, value_stride = s->value_stride, group = a->config.heads / a->config.kv_heads;
    if (scattered) {
        dkeys = work->dcollected;
        dvalues = work->dcollected + (ptrdiff_t)a->longest * a->key.columns;
        key_beta = value_beta = 0;
    } else {
        if (dkeys) dkeys += s->first_place * key_stride;
        if (dvalues) dvalues += s->first_place * value_stride;
    }
    for (int h = 0; h < a->config.heads; h++) {
        bool first = h % group == 0;
        int kv = kv_head_of(a, h);
        head_back(a, s, h, work, dkeys ? dkeys + (ptrdiff_t)kv * a->dk : NULL, key_stride, first ? key_beta : 1,
                  dvalues ? dvalues + (ptrdiff_t)kv * a->dv : NULL, value_stride, first ? value_beta : 1);
    }
    if (!scattered) return;
    const int32_t *row = a->config.key_row + s->first_place;
    give_back(a->key, s, row, dkeys, work->grad[1]);
    if (work->dy) give_back(a->value, s, row, dvalues, work->grad[2]);
}

/* Every element of the three gradients is written where the sequences fill their matrices; else clear them first. */
static void take_gradients(qp_tape *tape, const attention *a, backward_work *work)
{
    const qp_tensor input[3] = {a->query, a->key, a->value};
    bool whole = work->dy && !a->config.key_row && sequences_tile(a->qs, a->query.rows) && sequences_tile(a->ks, a->key.rows);
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
    const attention *a = context;
    if (*a->done) return;
    *a->done = true;
    backward_work work = {0};
    if (a->y.node->filled) work.dy = qp_tape_upstream(a->y);
    if (a->weights.node && a->weights.node->filled) work.dweights = qp_tape_upstream(a->weights);
    take_gradients(tape, a, &work);
    size_t mark = qp_tape_mark(tape), bytes = (size_t)block_rows(a) * (size_t)a->longest * sizeof(qp_real);
    work.slope_of_scores = qp_tape_memory(tape, bytes);
    if (a->config.dropout > 0) work.dropped = qp_tape_memory(tape, bytes);
    work.collected = collect_memory(tape, a);
    work.dcollected = collect_memory(tape, a);
    size_t first_weight = 0;
    for (int i = 0; i < a->qs.count && !qp_tape_failed(tape); i++) {
        span s = span_of(a, i, first_weight);
        first_weight += span_weights(a, &s);
        span_back(a, &s, &work);
    }
    qp_tape_rewind(tape, mark);
}

/* ---- the operation ---- */

static bool sequences_fit(qp_sequences s, int rows)
{
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (s.start[i] < 0 || length < 0 || (rows >= 0 && s.start[i] > rows - length)) return false;
    }
    return true;
}

static bool key_rows_fit(const attention *a)
{
    for (int i = 0; i < a->ks.count && a->config.key_row; i++)
        for (int j = 0; j < qp_sequence_length(a->ks, i); j++) {
            int row = a->config.key_row[a->ks.start[i] + j];
            if (row < 0 || row >= a->key.rows) return false;
        }
    return true;
}

static bool heads_fit(const attention *a)
{
    int heads = a->config.heads, kv = a->config.kv_heads;
    return heads > 0 && kv > 0 && heads % kv == 0 && a->query.columns % heads == 0 && a->key.columns % kv == 0 &&
           a->value.columns % kv == 0 && a->query.columns / heads == a->key.columns / kv && a->query.columns > 0 &&
           a->key.rows == a->value.rows && a->config.dropout >= 0 && a->config.dropout < 1;
}

static bool bias_fits(const attention *a, size_t weights)
{
    const qp_attention_config *config = &a->config;
    if (qp_view_empty(config->bias)) return true;
    if (config->bias.columns != 1 || config->bias.stride != 1) return false;
    if (!config->bias_shared) return (size_t)config->bias.rows == weights;
    for (int i = 1; i < a->qs.count; i++)
        if (qp_sequence_length(a->qs, i) != qp_sequence_length(a->qs, 0) ||
            qp_sequence_length(a->ks, i) != qp_sequence_length(a->ks, 0))
            return false;
    return a->qs.count == 0 || (size_t)config->bias.rows == weights / (size_t)a->qs.count;
}

static bool attention_fits(qp_tape *tape, attention *a, size_t *weights)
{
    bool fits = a->qs.count == a->ks.count && heads_fit(a) && sequences_fit(a->qs, a->query.rows) &&
                sequences_fit(a->ks, a->config.key_row ? -1 : a->key.rows) && key_rows_fit(a);
    *weights = 0;
    for (int i = 0; fits && i < a->qs.count; i++) {
        span s = span_of(a, i, 0);
        *weights += span_weights(a, &s);
        if (s.keys > a->longest) a->longest = s.keys;
    }
    fits = fits && bias_fits(a, *weights);
    if (!fits)
        qp_tape_fail(tape, QP_ESHAPE, "attention: %d heads (%d of keys), query [%d, %d] in %d sequences, key [%d, %d] in %d, value [%d, %d], bias [%d, %d]",
                     a->config.heads, a->config.kv_heads, a->query.rows, a->query.columns, a->qs.count, a->key.rows,
                     a->key.columns, a->ks.count, a->value.rows, a->value.columns, a->config.bias.rows,
                     a->config.bias.columns);
    return fits;
}

/* The memory the backward, or the caller's map, will read the weights from. */
static void keep_weights(qp_tape *tape, attention *a, size_t count, qp_attention_map *map)
{
    bool training = qp_tape_training(tape);
    if (map) {
        if (count > INT32_MAX) {
            qp_tape_fail(tape, QP_EMEMORY, "attention: a map of %zu weights; ask for a shorter text", count);
            return;
        }
        a->weights = qp_tape_tensor(tape, (int)count, 1);
        a->kept = a->weights.value;
        *map = (qp_attention_map){.heads = a->config.heads, .weights = a->weights};
    } else if (training) {
        a->kept = qp_tape_memory(tape, count * sizeof(qp_real));
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
    attention a = {.query = query, .key = key, .value = value, .qs = qs, .ks = ks, .config = *config};
    if (a.config.kv_heads == 0) a.config.kv_heads = a.config.heads;
    size_t weights;
    if (!attention_fits(tape, &a, &weights)) return (qp_tensor){0};
    a.dk = query.columns / a.config.heads;
    a.dv = value.columns / a.config.kv_heads;
    if (a.config.scale == 0) a.config.scale = (qp_real)(1 / sqrt((double)a.dk));
    if (!qp_tape_training(tape)) a.config.dropout = 0;
    if (a.config.dropout > 0) a.key_of_dropout = qp_tape_next_key(tape);
    a.y = qp_tape_tensor(tape, query.rows, a.config.heads * a.dv);
    keep_weights(tape, &a, weights, map);
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
