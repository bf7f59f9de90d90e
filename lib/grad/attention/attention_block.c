#include "lib/grad/attention/attention_block.h"

#include <string.h>

#include "lib/grad/attention/attention_weigh.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"

typedef qp_attention_call call;
typedef qp_attention_span span;
typedef qp_attention_block block;
typedef qp_attention_scratch scratch;
typedef qp_attention_target target;

void qp_attention_clear(qp_matrix m)
{
    for (int r = 0; r < m.rows; r++) memset(qp_matrix_row(m, r), 0, (size_t)m.columns * sizeof *m.value);
}

/* ---- the parts of a block ---- */

static block queries_from(const call *a, const span *s, int head, int q0)
{
    const int most = qp_attention_block_rows(a), left = s->queries - q0;
    return (block){.head = head, .q0 = q0, .rows = left < most ? left : most};
}

/* The block's keys from k0, of the first `read`. */
static void keys_from(const call *a, int k0, int read, block *b)
{
    const int most = qp_attention_block_keys(a);
    b->k0 = k0;
    b->keys = read - k0 < most ? read - k0 : most;
}

/* Rows of a block in a matrix [query rows, heads*columns]. */
static qp_matrix queries_of(qp_matrix m, const span *s, const block *b, int columns)
{
    return qp_matrix_columns(qp_matrix_rows(m, s->first_query + b->q0, b->rows), b->head * columns, columns);
}

/* Rows of a block in keys or values x [key rows, kv_heads*columns]; scattered rows are copied to `memory`. */
static qp_matrix keys_of(const call *a, const span *s, const block *b, qp_tensor x, int columns, qp_real *memory)
{
    const int first = qp_attention_kv_head(a, b->head) * columns;
    const ptrdiff_t place = s->first_place + b->k0;
    if (!a->config.key_row)
        return qp_matrix_columns(qp_matrix_rows(qp_tensor_matrix(x), (int)place, b->keys), first, columns);
    for (int j = 0; j < b->keys; j++)
        memcpy(memory + (ptrdiff_t)j * columns, qp_tensor_row(x, a->config.key_row[place + j]) + first,
               (size_t)columns * sizeof *memory);
    return qp_matrix_dense(memory, b->keys, columns);
}

static qp_matrix key_of(const call *a, const span *s, const block *b, const scratch *m)
{
    return keys_of(a, s, b, a->key, a->dk, m->collected);
}

static qp_matrix value_of(const call *a, const span *s, const block *b, const scratch *m)
{
    qp_real *memory = m->collected ? m->collected + (ptrdiff_t)qp_attention_block_keys(a) * a->dk : NULL;
    return keys_of(a, s, b, a->value, a->dv, memory);
}

/* The block's weights: in the map (full rows of all keys), or in scratch. */
static qp_matrix weights_of(const call *a, const span *s, const block *b, const scratch *m)
{
    if (!a->weights.value) return qp_matrix_dense(m->weights, b->rows, b->keys);
    const qp_real *first = a->weights.value + qp_attention_weight_number(s, b->head, b->q0) + b->k0;
    return qp_matrix_of(first, b->rows, b->keys, s->keys);
}

/* Dropout of a block's weights, with the elements numbered as in the map. `to` may be `from`. */
static void drop_weights(const call *a, const span *s, const block *b, qp_matrix from, qp_matrix to)
{
    for (int q = 0; q < from.rows; q++)
        qp_dropout_apply((size_t)from.columns, a->key_of_dropout,
                         qp_attention_weight_number(s, b->head, b->q0 + q) + (size_t)b->k0, a->config.dropout,
                         qp_matrix_row(from, q), 0, qp_matrix_row(to, q));
}

/* The weights that the product with the values uses. */
static qp_matrix dropped_of(const call *a, const span *s, const block *b, qp_matrix weights, const scratch *m)
{
    if (!(a->config.dropout > 0)) return weights;
    const qp_matrix dropped = qp_matrix_dense(m->dropped, weights.rows, weights.columns);
    drop_weights(a, s, b, weights, dropped);
    return dropped;
}

/* S = scale * Q K' */
static void score(const call *a, const span *s, const block *b, const scratch *m, qp_matrix to)
{
    qp_gemm(QP_ABT, a->config.scale, queries_of(qp_tensor_matrix(a->query), s, b, a->dk), key_of(a, s, b, m), 0, to);
}

/* ---- forward ----
 * keys in one block:   P = softmax(S)                               Y = dropout(P) V
 * in several blocks:   m' = max(m, S)  E = exp(S - m')              Y = exp(m - m') Y + dropout(E) V
 *                      l = exp(m - m') l + sum(E),  and in the end  Y = Y/l                 Source  Dao et al. 2022 */

/* Scores to weights; what is in y already is brought to the new maximum. */
static void weigh(const call *a, const span *s, const block *b, bool whole, qp_matrix w, qp_softmax_row *softmax,
                  const qp_matrix *y)
{
    for (int q = 0; q < b->rows; q++) {
        const qp_attention_row row = {a, s, b, b->q0 + q, a->weights.value ? w.stride : w.columns};
        if (whole) {
            qp_attention_weigh_row(&row, &softmax[q], qp_matrix_row(w, q));
            continue;
        }
        qp_real factor = qp_attention_weigh_part(&row, &softmax[q], qp_matrix_row(w, q));
        if (y && factor != 1) qp_scale_add((size_t)a->dv, factor, qp_matrix_row(*y, q), 0, qp_matrix_row(*y, q));
    }
}

/* The sum of a query that reads any key is at least 1, that of its largest score; else it is 0, and so is its row. */
static void divide_rows(qp_matrix y, const qp_softmax_row *softmax)
{
    for (int q = 0; q < y.rows; q++) {
        const qp_real sum = softmax[q].sum > 1 ? softmax[q].sum : 1;
        qp_scale_add((size_t)y.columns, 1 / sum, qp_matrix_row(y, q), 0, qp_matrix_row(y, q));
    }
}

void qp_attention_forward(const call *a, const span *s, int head, int q0, const scratch *m)
{
    block b = queries_from(a, s, head, q0);
    const int read = qp_attention_keys_read(a, s, &b), step = qp_attention_block_keys(a);
    const bool whole = read <= step;
    const qp_matrix y = queries_of(qp_tensor_matrix(a->y), s, &b, a->dv);
    qp_softmax_row *softmax = a->softmax ? qp_attention_softmax_of(a, s, head, q0) : m->softmax;
    bool begun = false;
    qp_softmax_begin(b.rows, softmax);
    for (int k0 = 0; k0 == 0 || k0 < read; k0 += step) {
        keys_from(a, k0, read, &b);
        if (!whole && !qp_attention_reads(a, s, &b)) continue;
        const qp_matrix w = weights_of(a, s, &b, m);
        score(a, s, &b, m, w);
        weigh(a, s, &b, whole, w, softmax, begun ? &y : NULL);
        if (b.keys == 0) continue;
        qp_gemm(QP_AB, 1, dropped_of(a, s, &b, w, m), value_of(a, s, &b, m), begun ? 1 : 0, y);
        begun = true;
    }
    if (!begun) qp_attention_clear(y);
    if (!whole) divide_rows(y, softmax);
}

/* ---- backward, with D = dropout(P); P is computed again from the scores and the kept m and l ----
 *   dV = D' dY     dP = dropout(dY V') + the gradient written to the map     dS = P*(dP - sum(P*dP)), row by row
 *   dbias = dS     drelative[bucket] = sum of dS at its distances
 *   softcap: dS *= 1 - tanh(S/cap)^2                dQ = scale * dS K        dK = scale * dS' Q
 * With keys in several blocks sum(P*dP) = sum(dY*Y), which is known before the first block. */

/* The backward of one block of queries and keys. */
typedef struct {
    const qp_attention_back *work;
    const span *s;
    const scratch *m;
    block b;
    int read;   /* keys that the queries read */
    bool whole; /* in one block */
} pass;

static pass pass_from(const qp_attention_back *work, const span *s, int head, int q0, const scratch *m)
{
    const call *a = work->call;
    pass p = {.work = work, .s = s, .m = m, .b = queries_from(a, s, head, q0)};
    p.read = qp_attention_keys_read(a, s, &p.b);
    p.whole = p.read <= qp_attention_block_keys(a);
    if (p.whole) return p;
    const qp_matrix y = queries_of(qp_tensor_matrix(a->y), s, &p.b, a->dv), dy = queries_of(work->dy, s, &p.b, a->dv);
    for (int q = 0; q < y.rows; q++) m->mean[q] = qp_dot((size_t)a->dv, qp_matrix_row(dy, q), qp_matrix_row(y, q));
    return p;
}

/* P of the block, and its raw scores where softcap needs them. */
static qp_matrix weights_again(const pass *p)
{
    const call *a = p->work->call;
    const qp_matrix w = weights_of(a, p->s, &p->b, p->m);
    const qp_matrix raw = p->m->scores ? qp_matrix_dense(p->m->scores, w.rows, w.columns) : w;
    if (!a->weights.value || p->m->scores) score(a, p->s, &p->b, p->m, raw);
    if (a->weights.value) return w;
    if (p->m->scores) memcpy(w.value, raw.value, (size_t)w.rows * (size_t)w.columns * sizeof *w.value);
    const qp_softmax_row *softmax = qp_attention_softmax_of(a, p->s, p->b.head, p->b.q0);
    for (int q = 0; q < w.rows; q++) {
        const qp_attention_row row = {a, p->s, &p->b, p->b.q0 + q, w.columns};
        qp_attention_weigh_again(&row, softmax[q], qp_matrix_row(w, q));
    }
    return w;
}

/* dP = dropout(dY V') + the map's gradient */
static void weights_back(const pass *p, qp_matrix dp)
{
    const call *a = p->work->call;
    if (p->work->dy.value) {
        qp_gemm(QP_ABT, 1, queries_of(p->work->dy, p->s, &p->b, a->dv), value_of(a, p->s, &p->b, p->m), 0, dp);
        if (a->config.dropout > 0) drop_weights(a, p->s, &p->b, dp, dp);
    } else {
        qp_attention_clear(dp);
    }
    for (int q = 0; q < dp.rows && p->work->dweights; q++)
        qp_scale_add((size_t)dp.columns, 1,
                     p->work->dweights + qp_attention_weight_number(p->s, p->b.head, p->b.q0 + q) + p->b.k0, 1,
                     qp_matrix_row(dp, q));
}

/* dS, in the place of dP */
static void scores_back(const pass *p, qp_matrix w, qp_matrix ds)
{
    if (p->whole)
        qp_softmax_rows_back(w, ds, 1, 0, ds);
    else
        for (int q = 0; q < ds.rows; q++)
            qp_softmax_part_back(ds.columns, qp_matrix_row(w, q), p->m->mean[q], qp_matrix_row(ds, q));
}

static void bias_back(const pass *p, qp_matrix ds)
{
    for (int q = 0; q < ds.rows; q++) {
        size_t number = qp_attention_weight_number(p->s, p->b.head, p->b.q0 + q) + (size_t)p->b.k0 -
                        (p->work->call->config.bias_shared ? p->s->first_weight : 0);
        qp_scale_add((size_t)ds.columns, 1, qp_matrix_row(ds, q), 1, p->work->dbias + number);
    }
}

static void relative_back(const pass *p, qp_matrix ds)
{
    const call *a = p->work->call;
    const int rows = qp_attention_block_rows(a), blocks = (p->s->queries + rows - 1) / rows;
    const int tile = p->s->first_tile + p->b.head * blocks + p->b.q0 / rows;
    qp_real *part = p->work->drelative + (ptrdiff_t)tile * a->config.relative.rows;
    for (int q = 0; q < ds.rows; q++) {
        const qp_real *row = qp_matrix_row(ds, q);
        int position = qp_attention_query_position(a, p->s, p->b.q0 + q);
        for (int j = 0; j < ds.columns; j++)
            part[qp_attention_bucket(a, qp_attention_key_position(a, p->s, p->b.k0 + j) - position)] += row[j];
    }
}

static qp_matrix rows_of_block(qp_matrix all, const block *b) { return qp_matrix_rows(all, b->k0, b->keys); }

/* dV and dK of the block's keys (to NULL: not wanted), dQ = beta*dQ + ... and dbias (`query` false: not wanted). */
static void block_back(const pass *p, const target *to, bool query, qp_real beta)
{
    const call *a = p->work->call;
    const span *s = p->s;
    const block *b = &p->b;
    const qp_matrix w = weights_again(p), ds = qp_matrix_dense(p->m->ds, b->rows, b->keys);
    weights_back(p, ds);
    if (to && to->dvalue.value && p->work->dy.value)
        qp_gemm(QP_ATB, 1, dropped_of(a, s, b, w, p->m), queries_of(p->work->dy, s, b, a->dv), 1,
                rows_of_block(to->dvalue, b));
    scores_back(p, w, ds);
    if (query && p->work->dbias) bias_back(p, ds);
    if (query && p->work->drelative) relative_back(p, ds);
    if (p->m->scores)
        qp_attention_softcap_back((size_t)ds.rows * (size_t)ds.columns, a->config.softcap, p->m->scores, ds.value);
    if (query && p->work->grad[0])
        qp_gemm(QP_AB, a->config.scale, ds, key_of(a, s, b, p->m), beta,
                queries_of(qp_tensor_grad(a->query, p->work->grad[0]), s, b, a->dk));
    if (to && to->dkey.value)
        qp_gemm(QP_ATB, a->config.scale, ds, queries_of(qp_tensor_matrix(a->query), s, b, a->dk), 1,
                rows_of_block(to->dkey, b));
}

void qp_attention_back_queries(const qp_attention_back *work, const span *s, int head, int q0, const target *to,
                               const scratch *m)
{
    const call *a = work->call;
    pass p = pass_from(work, s, head, q0, m);
    qp_real beta = work->beta[0];
    for (int k0 = 0; k0 < p.read; k0 += qp_attention_block_keys(a)) {
        keys_from(a, k0, p.read, &p.b);
        if (!p.whole && !qp_attention_reads(a, s, &p.b)) continue;
        block_back(&p, to, true, beta);
        beta = 1;
    }
    if (beta == 0 && work->grad[0])
        qp_attention_clear(queries_of(qp_tensor_grad(a->query, work->grad[0]), s, &p.b, a->dk));
}

void qp_attention_back_keys(const qp_attention_back *work, const span *s, int head, int k0, const target *to,
                            const scratch *m)
{
    const call *a = work->call;
    const int step = qp_attention_block_rows(a);
    for (int q0 = s->queries > 0 ? (s->queries - 1) / step * step : -1; q0 >= 0; q0 -= step) {
        pass p = pass_from(work, s, head, q0, m);
        if (p.read <= k0) continue;
        keys_from(a, k0, p.read, &p.b);
        if (p.whole || qp_attention_reads(a, s, &p.b)) block_back(&p, to, false, 1);
    }
}
