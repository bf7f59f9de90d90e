#include "lib/grad/attention/attention_head.h"

#include <string.h>

#include "lib/grad/attention/attention_weigh.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

typedef qp_attention_call call;
typedef qp_attention_span span;
typedef qp_attention_target target;

void qp_attention_clear_rows(qp_matrix m, int first)
{
    for (int r = first; r < m.rows; r++) memset(qp_matrix_row(m, r), 0, (size_t)m.columns * sizeof *m.value);
}

/* One block of queries of one head: rows q0 .. q0 + weights.rows - 1. */
typedef struct {
    int head, q0;
    qp_matrix weights; /* P [rows, keys], the keys that the block reads */
} block;

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
    return qp_matrix_columns(qp_matrix_rows(m, 0, b->weights.columns), qp_attention_kv_head(a, b->head) * columns,
                             columns);
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

/* ---- forward: S = scale * Q K', P = weights of S, Y = dropout(P) V ---- */

void qp_attention_head(const call *a, const span *s, int head, const qp_attention_scratch *scratch)
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
            qp_attention_clear_rows(y, 0);
        else
            qp_gemm(QP_AB, 1, used, keys_of(a, s->value, &b, a->dv), 0, y);
    }
}

/* ---- backward, with D = dropout(P) ----
 *   dV = D' dY     dP = dropout(dY V') + the gradient written to the map     dS = P*(dP - sum(P*dP)), row by row
 *   dbias = dS     softcap: dS *= 1 - tanh(S/cap)^2, S = scale * Q K'        dQ = scale * dS K    dK = scale * dS' Q */

/* A block's dP, later dS. */
static qp_matrix ds_of(const qp_attention_back_work *work, const block *b)
{
    return qp_matrix_dense(work->ds, b->weights.rows, b->weights.columns);
}

/* to = beta*to + factor * weights' X. `to` has all keys: those that no query of the block reads are cleared when the
 * block is the first to write. */
static void back_to_keys(qp_real factor, qp_matrix weights, qp_matrix x, target *to)
{
    qp_gemm(QP_ATB, factor, weights, x, to->beta, qp_matrix_rows(to->grad, 0, weights.columns));
    if (to->beta == 0) qp_attention_clear_rows(to->grad, weights.columns);
    to->beta = 1;
}

/* dP = dropout(dY V') into work->ds, and dV += D' dY */
static void weights_back(const call *a, const span *s, const block *b, const qp_attention_back_work *work,
                         target *dvalue)
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
static void scores_back(const call *a, const span *s, const block *b, const qp_attention_back_work *work,
                        target *dvalue)
{
    const qp_matrix ds = ds_of(work, b);
    const size_t keys = (size_t)ds.columns;
    if (work->dy.value)
        weights_back(a, s, b, work, dvalue);
    else
        qp_attention_clear_rows(ds, 0);
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
static void softcap_back(const call *a, const span *s, const block *b, const qp_attention_back_work *work)
{
    const qp_matrix scores = qp_matrix_dense(work->scores, b->weights.rows, b->weights.columns);
    qp_gemm(QP_ABT, a->config.scale, queries_of(qp_tensor_matrix(a->query), s, b, a->dk), keys_of(a, s->key, b, a->dk),
            0, scores);
    qp_attention_softcap_back((size_t)scores.rows * (size_t)scores.columns, a->config.softcap, work->scores, work->ds);
}

/* dQ = scale * dS K */
static void query_back(const call *a, const span *s, const block *b, const qp_attention_back_work *work)
{
    if (!work->grad[0]) return;
    const qp_matrix dquery = queries_of(qp_tensor_grad(a->query, work->grad[0]), s, b, a->dk), ds = ds_of(work, b);
    qp_gemm(QP_AB, a->config.scale, ds, keys_of(a, s->key, b, a->dk), work->beta[0], dquery);
}

void qp_attention_head_back(const call *a, const span *s, int head, const qp_attention_back_work *work, target dkey,
                            target dvalue)
{
    int step = qp_attention_block_rows(a), last = s->queries > 0 ? (s->queries - 1) / step * step : -1;
    size_t kept = s->first_kept + (size_t)(head + 1) * s->kept_per_head;
    if (last < 0 && dkey.grad.value && dkey.beta == 0) qp_attention_clear_rows(dkey.grad, 0);
    if (last < 0 && dvalue.grad.value && dvalue.beta == 0) qp_attention_clear_rows(dvalue.grad, 0);
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
