#include "lib/grad/attention/op_additive.h"

#include <string.h>

#include "lib/grad/views.h"
#include "lib/tensor/gates.h"
#include "lib/tensor/pointwise.h"
#include "lib/tensor/rows.h"

typedef struct {
    qp_tensor query, key, value, energy, y, weights;
    qp_sequences qs, ks;
    int longest; /* keys of the longest sequence */
} additive;

/* ---- forward ---- */

static void attend_query(const additive *a, int query_row, int first_key, int keys, qp_real *weight, qp_real *score)
{
    const qp_real *query = qp_tensor_row(a->query, query_row);
    for (int j = 0; j < keys; j++)
        weight[j] = qp_additive_score((size_t)a->query.columns, query, qp_tensor_row(a->key, first_key + j),
                                      a->energy.value);
    if (score) memcpy(score, weight, (size_t)keys * sizeof *score);
    if (keys > 0) qp_softmax_rows(qp_matrix_dense(weight, 1, keys), 1, qp_matrix_dense(weight, 1, keys));
    qp_real *y = qp_tensor_row(a->y, query_row);
    memset(y, 0, (size_t)a->y.columns * sizeof *y);
    for (int j = 0; j < keys; j++)
        qp_scale_add((size_t)a->y.columns, weight[j], qp_tensor_row(a->value, first_key + j), 1, y);
}

static bool check(qp_tape *tape, const additive *a)
{
    if (qp_tape_failed(tape)) return false;
    if (a->query.columns == a->key.columns && a->energy.rows == 1 && a->energy.columns == a->query.columns &&
        a->key.rows == a->value.rows && a->qs.count == a->ks.count && qp_view_holds(a->query.rows, a->qs) &&
        qp_view_holds(a->key.rows, a->ks))
        return true;
    qp_tape_fail(tape, QP_ESHAPE,
                 "additive attention: query [%d, %d], key [%d, %d], value [%d, %d], energy [%d, %d] do not fit",
                 a->query.rows, a->query.columns, a->key.rows, a->key.columns, a->value.rows, a->value.columns,
                 a->energy.rows, a->energy.columns);
    return false;
}

static qp_backward backward;

qp_tensor qp_additive_attention(qp_tape *tape, const qp_additive *input, qp_attention_map *map, qp_real *score)
{
    const qp_sequences qs = input->queries, ks = input->keys;
    additive a = {.query = input->query,
                  .key = input->key,
                  .value = input->value,
                  .energy = input->energy,
                  .qs = qs,
                  .ks = ks,
                  .longest = qp_sequence_longest(ks)};
    if (!check(tape, &a)) return (qp_tensor){0};
    int64_t pairs = 0;
    for (int i = 0; i < qs.count; i++) pairs += (int64_t)qp_sequence_length(qs, i) * qp_sequence_length(ks, i);
    if (pairs > INT32_MAX)
        return qp_tape_fail(tape, QP_ESHAPE, "additive attention: %lld weights; use a smaller --batch-size",
                            (long long)pairs);
    a.y = qp_tape_tensor(tape, a.query.rows, a.value.columns);
    a.weights = qp_tape_tensor(tape, (int)pairs, 1);
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    ptrdiff_t pair = 0;
    for (int i = 0; i < qs.count; i++) {
        int keys = qp_sequence_length(ks, i);
        for (int q = 0; q < qp_sequence_length(qs, i); q++, pair += keys)
            attend_query(&a, qs.start[i] + q, ks.start[i], keys, a.weights.value + pair, score ? score + pair : NULL);
    }
    if (map) *map = (qp_attention_map){.heads = 1, .weights = a.weights};
    const qp_tensor made[] = {a.y, a.weights};
    qp_tape_record_several(tape, made, 2, backward, &a, sizeof a);
    return a.y;
}

/* ---- backward ---- */

typedef struct {
    qp_real *query, *key, *value, *energy; /* gradients, zeroed: this operation only adds; NULL: not wanted */
    qp_real *d_weight;
} gradients;

/* dw_j = dy . value_j + the map's gradient     dvalue_j += w_j*dy     ds = w*(dw - sum(w*dw))
 * with u = tanh(query + key_j): denergy += ds_j*u     dquery += ds_j*energy*(1 - u*u)     dkey_j the same */
static void query_backward(const additive *a, const gradients *g, int query_row, int first_key, int keys,
                           ptrdiff_t pair)
{
    size_t width = (size_t)a->query.columns, d = (size_t)a->value.columns;
    const qp_real *weight = a->weights.value + pair, *query = qp_tensor_row(a->query, query_row);
    const qp_real *dy = a->y.node->filled ? qp_tape_upstream(a->y) + (ptrdiff_t)query_row * a->y.stride : NULL;
    for (int j = 0; j < keys; j++) {
        qp_real sum = a->weights.node->filled ? qp_tape_upstream(a->weights)[pair + j] : 0;
        g->d_weight[j] = dy ? sum + qp_dot(d, dy, qp_tensor_row(a->value, first_key + j)) : sum;
        if (dy && g->value) qp_scale_add(d, weight[j], dy, 1, g->value + (ptrdiff_t)(first_key + j) * a->value.stride);
    }
    const qp_matrix d_weight = qp_matrix_dense(g->d_weight, 1, keys);
    qp_softmax_rows_back(qp_matrix_dense(weight, 1, keys), d_weight, 1, 0, d_weight);
    qp_real *d_query = g->query ? g->query + (ptrdiff_t)query_row * a->query.stride : NULL;
    for (int j = 0; j < keys; j++)
        qp_additive_score_back(width, query, qp_tensor_row(a->key, first_key + j), a->energy.value, g->d_weight[j],
                               d_query, g->key ? g->key + (ptrdiff_t)(first_key + j) * a->key.stride : NULL, g->energy);
}

static void backward(qp_tape *tape, void *context)
{
    const additive *a = context;
    gradients g = {.query = qp_tape_grad_zeroed(tape, a->query),
                   .key = qp_tape_grad_zeroed(tape, a->key),
                   .value = qp_tape_grad_zeroed(tape, a->value),
                   .energy = qp_tape_grad_zeroed(tape, a->energy)};
    size_t mark = qp_tape_mark(tape);
    g.d_weight = qp_tape_memory(tape, (size_t)a->longest * sizeof(qp_real));
    if (qp_tape_failed(tape)) return;
    ptrdiff_t pair = 0;
    for (int i = 0; i < a->qs.count; i++) {
        int keys = qp_sequence_length(a->ks, i);
        for (int q = 0; q < qp_sequence_length(a->qs, i); q++, pair += keys)
            if (keys > 0) query_backward(a, &g, a->qs.start[i] + q, a->ks.start[i], keys, pair);
    }
    qp_tape_rewind(tape, mark);
}
