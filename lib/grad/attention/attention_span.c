#include "lib/grad/attention/attention_span.h"

#include <math.h>

#include "lib/grad/views.h"

int qp_attention_block_rows(const qp_attention_call *a)
{
    return a->config.causal ? QP_ATTENTION_CAUSAL_ROWS : QP_ATTENTION_ROWS;
}

int qp_attention_block_keys(const qp_attention_call *a)
{
    int most = a->weights.value || a->longest < QP_ATTENTION_KEYS ? a->longest : QP_ATTENTION_KEYS;
    return most > 0 ? most : 1;
}

int qp_attention_keys_read(const qp_attention_call *a, const qp_attention_span *s, const qp_attention_block *b)
{
    if (!a->config.causal) return s->keys;
    int furthest = qp_attention_query_position(a, s, b->q0);
    for (int q = b->q0 + 1; q < b->q0 + b->rows; q++) {
        int position = qp_attention_query_position(a, s, q);
        if (position > furthest) furthest = position;
    }
    return qp_attention_readable(a, s, furthest, s->keys);
}

bool qp_attention_reads(const qp_attention_call *a, const qp_attention_span *s, const qp_attention_block *b)
{
    if (a->config.window == 0) return true;
    int first = qp_attention_query_position(a, s, b->q0), last = first;
    for (int q = b->q0 + 1; q < b->q0 + b->rows; q++) {
        int position = qp_attention_query_position(a, s, q);
        if (position < first) first = position;
        if (position > last) last = position;
    }
    for (int j = b->k0; j < b->k0 + b->keys; j++) {
        int at = qp_attention_key_position(a, s, j);
        if (at < a->config.sinks || (at > first - a->config.window && at < last + a->config.window)) return true;
    }
    return false;
}

size_t qp_attention_weight_number(const qp_attention_span *s, int head, int q)
{
    return s->first_weight + ((size_t)head * (size_t)s->queries + (size_t)q) * (size_t)s->keys;
}

qp_softmax_row *qp_attention_softmax_of(const qp_attention_call *a, const qp_attention_span *s, int head, int q)
{
    return a->softmax + s->first_softmax + (size_t)head * (size_t)s->queries + (size_t)q;
}

bool qp_attention_covers(qp_sequences s, int rows)
{
    int next = 0;
    for (int i = 0; i < s.count; i++) {
        if (s.start[i] != next) return false;
        next += qp_sequence_length(s, i);
    }
    return next == rows;
}

/* ---- the pairs of sequences ---- */

static size_t softmax_rows(const qp_attention_call *a, const qp_attention_span *s)
{
    return (size_t)a->config.heads * (size_t)s->queries;
}

static size_t span_weights(const qp_attention_call *a, const qp_attention_span *s)
{
    return softmax_rows(a, s) * (size_t)s->keys;
}

static int span_tiles(const qp_attention_call *a, const qp_attention_span *s)
{
    int rows = qp_attention_block_rows(a);
    return a->config.heads * ((s->queries + rows - 1) / rows);
}

static void find_spans(qp_attention_call *a)
{
    for (int i = 0; i < a->qs.count; i++) {
        qp_attention_span s = {.queries = qp_sequence_length(a->qs, i), .keys = qp_sequence_length(a->ks, i)};
        s.first_query = a->qs.start[i];
        s.first_place = a->ks.start[i];
        if (i > 0) {
            const qp_attention_span *before = &a->span[i - 1];
            s.first_weight = before->first_weight + span_weights(a, before);
            s.first_softmax = before->first_softmax + softmax_rows(a, before);
            s.first_tile = before->first_tile + span_tiles(a, before);
        }
        a->span[i] = s;
        if (s.keys > a->longest) a->longest = s.keys;
    }
}

static const qp_attention_span *last_span(const qp_attention_call *a)
{
    return a->qs.count > 0 ? &a->span[a->qs.count - 1] : NULL;
}

size_t qp_attention_weights(const qp_attention_call *a)
{
    const qp_attention_span *last = last_span(a);
    return last ? last->first_weight + span_weights(a, last) : 0;
}

size_t qp_attention_softmax_rows(const qp_attention_call *a)
{
    const qp_attention_span *last = last_span(a);
    return last ? last->first_softmax + softmax_rows(a, last) : 0;
}

int qp_attention_tiles(const qp_attention_call *a)
{
    const qp_attention_span *last = last_span(a);
    return last ? last->first_tile + span_tiles(a, last) : 0;
}

const qp_attention_span *qp_attention_span_at(const qp_attention_call *a, int tile)
{
    int low = 0, high = a->qs.count; /* the last pair whose first tile is not after `tile` */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (a->span[middle].first_tile <= tile)
            low = middle;
        else
            high = middle;
    }
    return &a->span[low];
}

/* ---- check ---- */

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

static bool relative_fits(const qp_attention_config *config)
{
    const qp_tensor table = config->relative;
    return qp_view_empty(table) || (table.rows >= 2 && table.rows % 2 == 0 && table.columns == config->heads);
}

/* The buckets of all distances between the default positions. */
static bool find_buckets(qp_tape *tape, qp_attention_call *a)
{
    if (qp_view_empty(a->config.relative)) return true;
    a->distances = a->longest + qp_sequence_longest(a->qs);
    a->bucket = qp_tape_memory(tape, (size_t)a->distances * sizeof *a->bucket);
    for (int i = 0; a->bucket && i < a->distances; i++)
        a->bucket[i] = qp_relative_bucket(i - a->longest + 1, a->config.relative.rows, &a->config.distance);
    return a->bucket != NULL;
}

static bool refuse(qp_tape *tape, const qp_attention_call *a)
{
    qp_tape_fail(tape, QP_ESHAPE,
                 "attention: %d heads (%d of keys), query [%d, %d] in %d sequences, key [%d, %d] in %d, value [%d, "
                 "%d], bias [%d, %d], relative [%d, %d]",
                 a->config.heads, a->config.kv_heads, a->query.rows, a->query.columns, a->qs.count, a->key.rows,
                 a->key.columns, a->ks.count, a->value.rows, a->value.columns, a->config.bias.rows,
                 a->config.bias.columns, a->config.relative.rows, a->config.relative.columns);
    return false;
}

bool qp_attention_check(qp_tape *tape, qp_attention_call *a)
{
    const int places = a->config.key_row ? INT32_MAX : a->key.rows; /* only the caller knows how many key_row has */
    if (a->config.kv_heads == 0) a->config.kv_heads = a->config.heads;
    if (!(a->qs.count == a->ks.count && heads_fit(a) && relative_fits(&a->config) &&
          qp_view_holds(a->query.rows, a->qs) && qp_view_holds(places, a->ks) && key_rows_fit(a)))
        return refuse(tape, a);
    a->span = qp_tape_memory(tape, (size_t)a->qs.count * sizeof *a->span);
    if (!a->span) return false;
    find_spans(a);
    if (!bias_fits(a, qp_attention_weights(a))) return refuse(tape, a);
    if (!find_buckets(tape, a)) return false;
    a->dk = a->query.columns / a->config.heads;
    a->dv = a->value.columns / a->config.kv_heads;
    if (a->config.scale == 0) a->config.scale = (qp_real)(1 / sqrt((double)a->dk));
    return true;
}
