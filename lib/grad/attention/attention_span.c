#include "lib/grad/attention/attention_span.h"

#include <math.h>
#include <string.h>

#include "lib/grad/views.h"

enum { CAUSAL_ROWS = 64 };

int qp_attention_block_rows(const qp_attention_call *a) { return a->config.causal ? CAUSAL_ROWS : QP_ATTENTION_ROWS; }

int qp_attention_keys_read(const qp_attention_call *a, const qp_attention_span *s, int q0, int rows)
{
    if (!a->config.causal || rows <= 0) return s->keys;
    int furthest = qp_attention_query_position(a, s, q0);
    for (int q = q0 + 1; q < q0 + rows; q++) {
        int position = qp_attention_query_position(a, s, q);
        if (position > furthest) furthest = position;
    }
    return qp_attention_readable(a, s, furthest, s->keys);
}

size_t qp_attention_weight_number(const qp_attention_span *s, int head, int q)
{
    return s->first_weight + ((size_t)head * (size_t)s->queries + (size_t)q) * (size_t)s->keys;
}

bool qp_attention_tiles(qp_sequences s, int rows)
{
    int next = 0;
    for (int i = 0; i < s.count; i++) {
        if (s.start[i] != next) return false;
        next += qp_sequence_length(s, i);
    }
    return next == rows;
}

/* ---- one pair of sequences ---- */

static size_t span_weights(const qp_attention_call *a, const qp_attention_span *s)
{
    return (size_t)a->config.heads * (size_t)s->queries * (size_t)s->keys;
}

/* Kept weights of one head: those that a causal mask cuts off for a whole block are not kept. */
static size_t kept_per_head(const qp_attention_call *a, const qp_attention_span *s)
{
    size_t kept = 0;
    for (int q0 = 0, step = qp_attention_block_rows(a); q0 < s->queries; q0 += step) {
        int rows = s->queries - q0 < step ? s->queries - q0 : step;
        kept += (size_t)rows * (size_t)qp_attention_keys_read(a, s, q0, rows);
    }
    return kept;
}

qp_attention_span qp_attention_span_of(const qp_attention_call *a, int i, const qp_attention_span *before)
{
    qp_attention_span s = {.queries = qp_sequence_length(a->qs, i), .keys = qp_sequence_length(a->ks, i)};
    s.first_query = a->qs.start[i];
    s.first_place = a->ks.start[i];
    s.kept_per_head = kept_per_head(a, &s);
    if (before) {
        s.first_weight = before->first_weight + span_weights(a, before);
        s.first_kept = before->first_kept + (size_t)a->config.heads * before->kept_per_head;
    }
    if (!a->config.key_row) { /* else the rows are scattered: see qp_attention_span_collect */
        s.key = qp_matrix_rows(qp_tensor_matrix(a->key), a->ks.start[i], s.keys);
        s.value = qp_matrix_rows(qp_tensor_matrix(a->value), a->ks.start[i], s.keys);
    }
    return s;
}

void qp_attention_span_collect(const qp_attention_call *a, qp_attention_span *s, qp_real *memory)
{
    if (!a->config.key_row) return;
    const int32_t *row = a->config.key_row + s->first_place;
    s->key = qp_matrix_dense(memory, s->keys, a->key.columns);
    s->value = qp_matrix_dense(memory + (ptrdiff_t)a->longest * a->key.columns, s->keys, a->value.columns);
    for (int j = 0; j < s->keys; j++) {
        memcpy(qp_matrix_row(s->key, j), qp_tensor_row(a->key, row[j]), (size_t)a->key.columns * sizeof *memory);
        memcpy(qp_matrix_row(s->value, j), qp_tensor_row(a->value, row[j]), (size_t)a->value.columns * sizeof *memory);
    }
}

/* ---- check ---- */

/* rows -1: places, whose number only the caller knows */
static bool sequences_fit(qp_sequences s, int rows)
{
    for (int i = 0; i < s.count; i++) {
        int length = qp_sequence_length(s, i);
        if (s.start[i] < 0 || length < 0 || (rows >= 0 && s.start[i] > rows - length)) return false;
    }
    return true;
}

static bool key_rows_fit(const qp_attention_call *a)
{
    for (int i = 0; i < a->ks.count && a->config.key_row; i++)
        for (int j = 0; j < qp_sequence_length(a->ks, i); j++) {
            int row = a->config.key_row[a->ks.start[i] + j];
            if (row < 0 || row >= a->key.rows) return false;
        }
    return true;
}

static bool heads_fit(const qp_attention_call *a)
{
    int heads = a->config.heads, kv = a->config.kv_heads;
    return heads > 0 && kv > 0 && heads % kv == 0 && a->query.columns % heads == 0 && a->key.columns % kv == 0 &&
           a->value.columns % kv == 0 && a->query.columns / heads == a->key.columns / kv && a->query.columns > 0 &&
           a->key.rows == a->value.rows && a->config.dropout >= 0 && a->config.dropout < 1 && a->config.window >= 0 &&
           a->config.sinks >= 0 && a->config.softcap >= 0;
}

static bool bias_fits(const qp_attention_call *a, size_t weights)
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

bool qp_attention_check(qp_tape *tape, qp_attention_call *a, size_t *weights, size_t *kept)
{
    if (a->config.kv_heads == 0) a->config.kv_heads = a->config.heads;
    bool fits = a->qs.count == a->ks.count && heads_fit(a) && sequences_fit(a->qs, a->query.rows) &&
                sequences_fit(a->ks, a->config.key_row ? -1 : a->key.rows) && key_rows_fit(a);
    qp_attention_span s = {0};
    for (int i = 0; fits && i < a->qs.count; i++) {
        s = qp_attention_span_of(a, i, i > 0 ? &s : NULL);
        if (s.keys > a->longest) a->longest = s.keys;
    }
    *weights = fits ? s.first_weight + span_weights(a, &s) : 0;
    *kept = fits ? s.first_kept + (size_t)a->config.heads * s.kept_per_head : 0;
    if (!fits || !bias_fits(a, *weights)) {
        qp_tape_fail(tape, QP_ESHAPE,
                     "attention: %d heads (%d of keys), query [%d, %d] in %d sequences, key [%d, %d] in %d, value [%d, "
                     "%d], bias [%d, %d]",
                     a->config.heads, a->config.kv_heads, a->query.rows, a->query.columns, a->qs.count, a->key.rows,
                     a->key.columns, a->ks.count, a->value.rows, a->value.columns, a->config.bias.rows,
                     a->config.bias.columns);
        return false;
    }
    a->dk = a->query.columns / a->config.heads;
    a->dv = a->value.columns / a->config.kv_heads;
    if (a->config.scale == 0) a->config.scale = (qp_real)(1 / sqrt((double)a->dk));
    return true;
}
