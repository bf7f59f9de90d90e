#include "lib/grad/attention/op_attention.h"

#include <math.h>
#include <string.h>

#include "lib/base/tiles.h"
#include "lib/grad/attention/attention_block.h"
#include "lib/grad/attention/attention_step.h"
#include "lib/grad/attention/attention_weigh.h"
#include "lib/tensor/pointwise.h"

typedef qp_attention_call call;
typedef qp_attention_span span;
typedef qp_attention_scratch scratch;
typedef qp_attention_target target;

/* ---- memory of the workers ---- */

typedef struct {
    bool back, scattered, steps; /* scattered: the backward collects gradients of key rows */
} scratch_kind;

static qp_real *reals(qp_tape *tape, size_t count) { return qp_tape_memory(tape, count * sizeof(qp_real)); }

static scratch scratch_of(qp_tape *tape, const call *a, scratch_kind kind)
{
    const size_t rows = (size_t)qp_attention_block_rows(a), keys = (size_t)qp_attention_block_keys(a);
    const size_t step = kind.steps ? (size_t)a->config.heads * (size_t)a->longest : 0;
    const size_t width = (size_t)(a->dk + a->dv);
    scratch m = {0};
    if (!a->weights.value) m.weights = reals(tape, rows * keys > step ? rows * keys : step);
    if (a->config.dropout > 0) m.dropped = reals(tape, rows * keys);
    if (a->config.key_row) m.collected = reals(tape, keys * width);
    if (!a->softmax) m.softmax = qp_tape_memory(tape, rows * sizeof *m.softmax);
    if (!kind.back) return m;
    m.ds = reals(tape, rows * keys);
    m.mean = reals(tape, rows);
    if (a->config.softcap > 0) m.scores = reals(tape, rows * keys);
    if (kind.scattered) m.dcollected = reals(tape, (size_t)a->longest * width);
    return m;
}

/* One for each thread of the team. */
static scratch *scratches(qp_tape *tape, const call *a, scratch_kind kind)
{
    const int workers = qp_team_size();
    scratch *m = qp_tape_memory(tape, (size_t)workers * sizeof *m);
    for (int i = 0; m && i < workers; i++) m[i] = scratch_of(tape, a, kind);
    return qp_tape_failed(tape) ? NULL : m;
}

/* About how long `products` products of the size of Q K' take. */
static double nanoseconds(const call *a, double products)
{
    double pairs = 0;
    for (int i = 0; i < a->qs.count; i++) pairs += (double)a->span[i].queries * (double)a->span[i].keys;
    return (a->config.causal ? 0.5 : 1) * pairs * a->config.heads * ((a->dk + a->dv) * 0.5 * products / 30 + 0.5);
}

/* ---- forward ---- */

typedef struct {
    const call *a;
    const scratch *m;
    bool steps; /* sequences of a single query are steps of a decoder */
} forward_job;

/* A single query, while decoding: no blocks and no copies of keys. `heads` heads from `head`, all heads that read their
 * keys. */
static void step_forward(const call *a, const span *s, int head, int heads, const scratch *m)
{
    const int kv = qp_attention_kv_head(a, head), kv_heads = heads / (a->config.heads / a->config.kv_heads);
    const qp_attention_block all = {.head = head, .rows = 1, .keys = s->keys};
    qp_attention_step step = {
        .heads = heads, .kv_heads = kv_heads, .dk = a->dk, .dv = a->dv, .scale = a->config.scale, .keys = s->keys};
    step.query = qp_tensor_row(a->query, s->first_query) + (ptrdiff_t)head * a->dk;
    step.key = qp_matrix_columns(qp_tensor_matrix(a->key), kv * a->dk, kv_heads * a->dk);
    step.value = qp_matrix_columns(qp_tensor_matrix(a->value), kv * a->dv, kv_heads * a->dv);
    if (a->config.key_row) {
        step.row = a->config.key_row + s->first_place;
    } else {
        step.key = qp_matrix_rows(step.key, (int)s->first_place, s->keys);
        step.value = qp_matrix_rows(step.value, (int)s->first_place, s->keys);
    }
    qp_real *weights = a->weights.value ? a->weights.value + qp_attention_weight_number(s, head, 0) : m->weights;
    qp_attention_step_scores(&step, weights);
    for (int h = 0; h < heads; h++) {
        qp_attention_block b = all;
        qp_softmax_row softmax;
        b.head = head + h;
        qp_softmax_begin(1, &softmax);
        const qp_attention_row row = {a, s, &b, 0, s->keys};
        qp_attention_weigh_row(&row, &softmax, weights + (ptrdiff_t)h * s->keys);
    }
    qp_attention_step_mix(&step, weights, qp_tensor_row(a->y, s->first_query) + (ptrdiff_t)head * a->dv);
}

/* Heads of a step run together in up to 4 groups: their keys are side by side. */
static int heads_together(const call *a)
{
    int groups = a->config.kv_heads % 4 == 0 ? 4 : a->config.kv_heads % 2 == 0 ? 2 : 1;
    return a->config.heads / groups;
}

static void forward_tile(void *self, int tile, int worker)
{
    const forward_job *job = self;
    const call *a = job->a;
    const span *s = qp_attention_span_at(a, tile);
    const int rows = qp_attention_block_rows(a), blocks = (s->queries + rows - 1) / rows;
    const int head = (tile - s->first_tile) / blocks, block = blocks - 1 - (tile - s->first_tile) % blocks;
    if (!job->steps || s->queries > 1)
        qp_attention_forward(a, s, head, block * rows, &job->m[worker]);
    else if (head % heads_together(a) == 0)
        step_forward(a, s, head, heads_together(a), &job->m[worker]);
}

static void forward(qp_tape *tape, const call *a)
{
    size_t mark = qp_tape_mark(tape);
    forward_job job = {.a = a, .steps = !qp_tape_training(tape)};
    job.m = scratches(tape, a, (scratch_kind){.steps = job.steps});
    if (!qp_attention_covers(a->qs, a->query.rows)) qp_attention_clear(qp_tensor_matrix(a->y));
    if (job.m) qp_tiles_run(&(qp_tiles){&job, forward_tile, qp_attention_tiles(a), nanoseconds(a, 2)});
    qp_tape_rewind(tape, mark);
}

/* ---- backward ----
 * A tile is a key/value head of one pair of sequences, whose gradients no other tile writes. Where rows are shared by
 * several sequences, a tile is a key/value head of all pairs, in order. If there are few of these and many idle
 * threads, long pairs are cut into blocks of keys, for dK and dV, and then into blocks of queries, for dQ: more work,
 * the same bits. */

typedef struct {
    qp_attention_back back;
    const scratch *m;
    bool apart; /* no two pairs write the same gradient */
} back_job;

static target target_of(const qp_attention_back *back, const span *s, int kv, const scratch *m)
{
    const call *a = back->call;
    target t = {0};
    if (m->dcollected) {
        t.dkey = qp_matrix_dense(m->dcollected, s->keys, a->dk);
        t.dvalue = qp_matrix_dense(m->dcollected + (ptrdiff_t)a->longest * a->dk, s->keys, a->dv);
        return t;
    }
    const int first = (int)s->first_place;
    if (back->grad[1])
        t.dkey = qp_matrix_columns(qp_matrix_rows(qp_tensor_grad(a->key, back->grad[1]), first, s->keys), kv * a->dk,
                                   a->dk);
    if (back->grad[2])
        t.dvalue = qp_matrix_columns(qp_matrix_rows(qp_tensor_grad(a->value, back->grad[2]), first, s->keys),
                                     kv * a->dv, a->dv);
    return t;
}

/* Rows k0 .. of the gradients become 0 if nothing is there yet. */
static void begin_target(const qp_attention_back *back, const target *t, int k0, int keys, bool scattered)
{
    if (t->dkey.value && (scattered || back->beta[1] == 0)) qp_attention_clear(qp_matrix_rows(t->dkey, k0, keys));
    if (t->dvalue.value && (scattered || back->beta[2] == 0)) qp_attention_clear(qp_matrix_rows(t->dvalue, k0, keys));
}

/* Scatter-adds the gradients of collected rows, in row order. */
static void scatter_back(qp_tensor x, const int32_t *row, int first, qp_matrix from, qp_real *grad)
{
    for (int j = 0; j < from.rows && grad; j++)
        qp_scale_add((size_t)from.columns, 1, qp_matrix_row(from, j), 1, grad + (ptrdiff_t)row[j] * x.stride + first);
}

static void back_pair(const back_job *job, const span *s, int kv, int worker)
{
    const call *a = job->back.call;
    const scratch *m = &job->m[worker];
    const target to = target_of(&job->back, s, kv, m);
    const int group = a->config.heads / a->config.kv_heads, step = qp_attention_block_rows(a);
    begin_target(&job->back, &to, 0, s->keys, m->dcollected != NULL);
    for (int head = kv * group; head < (kv + 1) * group; head++)
        for (int q0 = s->queries > 0 ? (s->queries - 1) / step * step : -1; q0 >= 0; q0 -= step)
            qp_attention_back_queries(&job->back, s, head, q0, &to, m);
    if (!m->dcollected) return;
    const int32_t *row = a->config.key_row + s->first_place;
    scatter_back(a->key, row, kv * a->dk, to.dkey, job->back.grad[1]);
    scatter_back(a->value, row, kv * a->dv, to.dvalue, job->back.grad[2]);
}

static void pair_tile(void *self, int tile, int worker)
{
    const back_job *job = self;
    const call *a = job->back.call;
    const int kv_heads = a->config.kv_heads;
    if (job->apart)
        back_pair(job, &a->span[tile / kv_heads], tile % kv_heads, worker);
    else
        for (int i = 0; i < a->qs.count; i++) back_pair(job, &a->span[i], tile, worker);
}

/* Blocks of keys of the longest pair: every pair has tiles for so many, and leaves those out that it does not have. */
static int key_blocks(const call *a) { return (a->longest - 1) / qp_attention_block_keys(a) + 1; }

static void keys_tile(void *self, int tile, int worker)
{
    const back_job *job = self;
    const call *a = job->back.call;
    const int blocks = key_blocks(a), kv = tile / blocks % a->config.kv_heads, step = qp_attention_block_keys(a);
    const span *s = &a->span[tile / blocks / a->config.kv_heads];
    const int k0 = tile % blocks * step, group = a->config.heads / a->config.kv_heads;
    if (k0 >= s->keys) return;
    const target to = target_of(&job->back, s, kv, &job->m[worker]);
    begin_target(&job->back, &to, k0, s->keys - k0 < step ? s->keys - k0 : step, false);
    for (int head = kv * group; head < (kv + 1) * group; head++)
        qp_attention_back_keys(&job->back, s, head, k0, &to, &job->m[worker]);
}

static void queries_tile(void *self, int tile, int worker)
{
    const back_job *job = self;
    const call *a = job->back.call;
    const span *s = qp_attention_span_at(a, tile);
    const int rows = qp_attention_block_rows(a), blocks = (s->queries + rows - 1) / rows;
    const int head = (tile - s->first_tile) / blocks, block = blocks - 1 - (tile - s->first_tile) % blocks;
    qp_attention_back_queries(&job->back, s, head, block * rows, NULL, &job->m[worker]);
}

/* drelative += the parts of all tiles, in order. */
static void add_relative(const call *a, const qp_real *part, qp_real *drelative)
{
    const qp_tensor table = a->config.relative;
    const int rows = qp_attention_block_rows(a);
    for (int i = 0; i < a->qs.count; i++) {
        const int blocks = (a->span[i].queries + rows - 1) / rows;
        for (int tile = 0; tile < a->config.heads * blocks; tile++, part += table.rows)
            for (int b = 0; b < table.rows; b++) drelative[(ptrdiff_t)b * table.stride + tile / blocks] += part[b];
    }
}

/* Whether `tiles` equal tiles keep the threads less busy than 1.4 times the work in small tiles does. */
static bool too_few(int tiles)
{
    int threads = 1 + qp_team_idle();
    return threads > 1 && 5 * ((tiles + threads - 1) / threads) * threads > 7 * tiles;
}

static void run_back(back_job *job)
{
    const call *a = job->back.call;
    const int tiles = (job->apart ? a->qs.count : 1) * a->config.kv_heads;
    if (!job->apart || a->longest <= qp_attention_block_keys(a) || !too_few(tiles)) {
        qp_tiles_run(&(qp_tiles){job, pair_tile, tiles, nanoseconds(a, 5)});
        return;
    }
    qp_tiles_run(&(qp_tiles){job, keys_tile, tiles * key_blocks(a), nanoseconds(a, 4)});
    qp_tiles_run(&(qp_tiles){job, queries_tile, qp_attention_tiles(a), nanoseconds(a, 3)});
}

/* Where the sequences cover their matrices every element of the three gradients is written; else they are cleared
 * first. */
static void take_gradients(qp_tape *tape, const call *a, qp_attention_back *back)
{
    const qp_tensor input[3] = {a->query, a->key, a->value};
    bool whole = back->dy.value && !a->config.key_row && qp_attention_covers(a->qs, a->query.rows) &&
                 qp_attention_covers(a->ks, a->key.rows);
    if (whole) {
        qp_tape_grad_bands(tape, input, 3, back->grad, back->beta);
    } else {
        for (int i = 0; i < 3; i++) {
            back->grad[i] = qp_tape_grad_zeroed(tape, input[i]);
            back->beta[i] = 1;
        }
    }
    back->dbias = qp_tape_grad_zeroed(tape, a->config.bias);
}

static void attention_back(qp_tape *tape, void *context)
{
    const call *a = context;
    if (*a->done) return;
    *a->done = true;
    back_job job = {.back = {.call = a}};
    if (a->y.node->filled) job.back.dy = qp_tensor_grad(a->y, qp_tape_upstream(a->y));
    if (a->weights.node && a->weights.node->filled) job.back.dweights = qp_tape_upstream(a->weights);
    take_gradients(tape, a, &job.back);
    job.apart = !a->config.key_row && qp_attention_covers(a->qs, a->query.rows) &&
                qp_attention_covers(a->ks, a->key.rows) && !(a->config.bias_shared && job.back.dbias);
    qp_real *drelative = qp_tape_grad_zeroed(tape, a->config.relative);
    size_t mark = qp_tape_mark(tape), parts = (size_t)qp_attention_tiles(a) * (size_t)a->config.relative.rows;
    if (drelative) job.back.drelative = qp_tape_memory(tape, parts * sizeof *drelative);
    job.m = scratches(tape, a, (scratch_kind){.back = true, .scattered = a->config.key_row != NULL});
    if (job.m && drelative) memset(job.back.drelative, 0, parts * sizeof *drelative);
    if (job.m) run_back(&job);
    if (job.m && drelative) add_relative(a, job.back.drelative, drelative);
    qp_tape_rewind(tape, mark);
}

/* ---- the operation ---- */

/* Memory for the map, and for what the backward needs to compute the weights again. */
static void keep(qp_tape *tape, call *a, qp_attention_map *map)
{
    const size_t weights = qp_attention_weights(a);
    if (map && weights > INT32_MAX) {
        qp_tape_fail(tape, QP_EMEMORY, "attention: a map of %zu weights is too large; use a shorter text", weights);
        return;
    }
    if (map) {
        a->weights = qp_tape_tensor(tape, (int)weights, 1);
        *map = (qp_attention_map){.heads = a->config.heads, .weights = a->weights};
    }
    if (!qp_tape_training(tape)) return;
    a->softmax = qp_tape_memory(tape, qp_attention_softmax_rows(a) * sizeof *a->softmax);
    a->done = qp_tape_memory(tape, sizeof *a->done);
    if (a->done) *a->done = false;
}

qp_tensor qp_attention(qp_tape *tape, qp_tensor query, qp_sequences qs, qp_tensor key, qp_tensor value, qp_sequences ks,
                       const qp_attention_config *config, qp_attention_map *map)
{
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    call a = {.query = query, .key = key, .value = value, .qs = qs, .ks = ks, .config = *config};
    if (!qp_attention_check(tape, &a)) return (qp_tensor){0};
    if (!qp_tape_training(tape)) a.config.dropout = 0;
    if (a.config.dropout > 0) a.key_of_dropout = qp_tape_next_key(tape);
    a.y = qp_tape_tensor(tape, query.rows, a.config.heads * a.dv);
    keep(tape, &a, map);
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
