#include <math.h>
#include <stdlib.h>

#include "lib/grad/attention/op_attention.h"
#include "lib/grad/attention/relative_bucket.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_distance.h"
#include "lib/grad/op_linear.h"
#include "tests/oracles/oracle.h"

typedef struct {
    int batch, heads, kv_heads, queries, keys;
    oracle_ragged query_rows, key_rows; /* every query; keys without padding */
    int32_t *key_position, *query_position;
} shape;

/* Padding keys are removed: the other keys of a sequence are adjacent, each with its position. */
static void place(oracle *o, shape *s, int query_offset)
{
    s->query_rows = oracle_ragged_of(o, s->batch, s->queries, NULL);
    s->key_rows = oracle_ragged_mask(o, s->batch, s->keys, "in.key_padding_mask");
    s->key_position = oracle_memory(o, (size_t)s->key_rows.rows * sizeof(int32_t));
    s->query_position = oracle_memory(o, (size_t)s->query_rows.rows * sizeof(int32_t));
    for (int r = 0; r < s->key_rows.rows; r++) s->key_position[r] = s->key_rows.row[r] % s->keys;
    for (int r = 0; r < s->query_rows.rows; r++) s->query_position[r] = r % s->queries + query_offset;
}

/* Here: blocks [heads, Tq, keys read], one per sequence; in the file: [batch or 1, heads, Tq, Tk]. */
static int32_t *weights_map(oracle *o, const shape *s, bool shared, int *count)
{
    size_t total = (size_t)s->heads * (size_t)s->queries * (size_t)s->key_rows.rows;
    int32_t *map = oracle_memory(o, total * sizeof *map), *next = map;
    for (int b = 0; b < s->batch; b++)
        for (int h = 0; h < s->heads; h++)
            for (int q = 0; q < s->queries; q++)
                for (int j = s->key_rows.start[b]; j < s->key_rows.start[b + 1]; j++)
                    *next++ = (((shared ? 0 : b) * s->heads + h) * s->queries + q) * s->keys + s->key_position[j];
    *count = (int)total;
    return map;
}

static void weights_out(oracle *o, const shape *s, const qp_attention_map *map)
{
    int count;
    const int32_t *places = weights_map(o, s, false, &count);
    if (oracle_find(o, "out.weights")) oracle_output(o, "weights", map->weights, places);
}

static void add_bias(oracle *o, const shape *s, qp_attention_config *config)
{
    if (!oracle_text_or(o, "additive_bias", NULL)) return;
    if (oracle_is(o, "additive_bias", "alibi")) {
        qp_real *slope = oracle_memory(o, (size_t)s->heads * sizeof *slope);
        qp_attention_slopes(s->heads, slope);
        oracle_compare(o, "out.slopes", (size_t)s->heads, slope);
        config->slope = slope;
        return;
    }
    bool shared = oracle_size(o, "in.bias", 0) == 1 && s->batch != 1, whole = s->key_rows.rows == s->batch * s->keys;
    int count = s->heads * s->queries * s->keys;
    const int32_t *map = NULL;
    config->bias_shared = shared && whole;
    if (!config->bias_shared) map = weights_map(o, s, shared, &count);
    config->bias = oracle_input(o, "bias", count, 1, map);
}

/* sdpa, gqa, window_attention; softcap_attention, which is causal and doubles the scores */
static void attention(oracle *o)
{
    shape s = {.batch = oracle_size(o, "in.q", 0),
               .heads = oracle_size(o, "in.q", 1),
               .queries = oracle_size(o, "in.q", 2),
               .kv_heads = oracle_size(o, "in.k", 1),
               .keys = oracle_size(o, "in.k", 2)};
    int dk = oracle_size(o, "in.q", 3), dv = oracle_size(o, "in.v", 3);
    bool capped = oracle_is(o, "op", "softcap_attention"), offset = oracle_text_or(o, "causal_offset", NULL) != NULL;
    place(o, &s, offset ? oracle_int(o, "causal_offset") : 0);
    qp_tensor q = oracle_input(o, "q", s.batch * s.queries, s.heads * dk,
                               oracle_heads_map(o, s.batch, s.heads, s.queries, dk));
    qp_tensor k = oracle_input(o, "k", s.batch * s.keys, s.kv_heads * dk,
                               oracle_heads_map(o, s.batch, s.kv_heads, s.keys, dk));
    qp_tensor v = oracle_input(o, "v", s.batch * s.keys, s.kv_heads * dv,
                               oracle_heads_map(o, s.batch, s.kv_heads, s.keys, dv));
    qp_attention_config config = {.heads = s.heads,
                                  .kv_heads = s.kv_heads,
                                  .scale = (qp_real)oracle_number_or(o, "scale", (capped ? 2 : 1) / sqrt(dk)),
                                  .causal = offset || capped || oracle_flag_or(o, "causal", false),
                                  .window = (int)oracle_number_or(o, "window", 0),
                                  .sinks = (int)oracle_number_or(o, "sinks", 0),
                                  .softcap = (qp_real)oracle_number_or(o, "cap", 0),
                                  .query_position = s.query_position,
                                  .key_position = s.key_position};
    if (s.key_rows.rows != k.rows) config.key_row = s.key_rows.row;
    add_bias(o, &s, &config);
    qp_attention_map map;
    qp_tensor y = qp_attention(o->tape, q, s.query_rows.sequences, k, v, s.key_rows.sequences, &config, &map);
    oracle_output(o, "y", y, oracle_heads_map(o, s.batch, s.heads, s.queries, dv));
    weights_out(o, &s, &map);
}

/* Rows first .. first+rows-1 of a fused weight or bias. */
static qp_tensor part(qp_tensor fused, int first, int rows)
{
    if (!fused.value) return fused;
    if (fused.rows == 1) return qp_tensor_columns(fused, first, rows);
    fused.value = qp_tensor_row(fused, first);
    fused.rows = rows;
    return fused;
}

/* q, k, v: one product of one input, or a product each with its part of the fused weight or its own weight. */
static void project(oracle *o, qp_tensor query, qp_tensor key, qp_tensor value, bool same, qp_tensor projected[3])
{
    qp_tensor fused = oracle_param_or_none(o, "in_proj_weight"), bias = oracle_param_or_none(o, "in_proj_bias");
    int width = oracle_param(o, "out_proj.weight").columns;
    if (same && fused.value) {
        qp_tensor all = qp_linear(o->tape, query, fused, bias);
        for (int i = 0; i < 3; i++) projected[i] = qp_tensor_columns(all, i * width, width);
        return;
    }
    static const char *const own[3] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    const qp_tensor input[3] = {query, key, value};
    for (int i = 0; i < 3; i++)
        projected[i] = qp_linear(o->tape, input[i],
                                 fused.value ? part(fused, i * width, width) : oracle_param(o, own[i]),
                                 part(bias, i * width, width));
}

static qp_tensor input_or(oracle *o, const char *full, const char *name, qp_tensor other)
{
    if (!oracle_find(o, full)) return other;
    int rows, columns;
    oracle_matrix(o, full, &rows, &columns);
    return oracle_input(o, name, rows, columns, NULL);
}

static void mha(oracle *o)
{
    bool same = !oracle_find(o, "in.key");
    const char *keys = same ? "in.query" : "in.key";
    shape s = {.batch = oracle_size(o, "in.query", 0),
               .queries = oracle_size(o, "in.query", 1),
               .keys = oracle_size(o, keys, 1),
               .heads = oracle_int(o, "num_heads")};
    place(o, &s, 0);
    qp_tensor query = input_or(o, "in.query", "query", (qp_tensor){0}), projected[3];
    qp_tensor key = input_or(o, "in.key", "key", query), value = input_or(o, "in.value", "value", key);
    project(o, query, key, value, same && value.value == query.value, projected);
    qp_attention_config config = {.heads = s.heads,
                                  .causal = oracle_flag(o, "causal"),
                                  .query_position = s.query_position,
                                  .key_position = s.key_position};
    if (s.key_rows.rows != key.rows) config.key_row = s.key_rows.row;
    qp_attention_map map;
    qp_tensor mixed = qp_attention(o->tape, projected[0], s.query_rows.sequences, projected[1], projected[2],
                                   s.key_rows.sequences, &config, &map);
    oracle_output(
        o, "y", qp_linear(o->tape, mixed, oracle_param(o, "out_proj.weight"), oracle_param_or_none(o, "out_proj.bias")),
        NULL);
    weights_out(o, &s, &map);
}

/* The bias alone: [heads, Tq, Tk]; the last query is at the position of the last key. */
static void alibi(oracle *o)
{
    int heads = oracle_size(o, "out.bias", 0), queries = oracle_size(o, "out.bias", 1),
        keys = oracle_size(o, "out.bias", 2);
    qp_real *slope = oracle_memory(o, (size_t)heads * sizeof *slope);
    qp_real *bias = oracle_memory(o, (size_t)heads * (size_t)queries * (size_t)keys * sizeof *bias), *next = bias;
    qp_attention_slopes(heads, slope);
    oracle_compare(o, "out.slopes", (size_t)heads, slope);
    for (int h = 0; h < heads; h++)
        for (int q = 0; q < queries; q++)
            for (int j = 0; j < keys; j++) *next++ = -slope[h] * (qp_real)abs(q + keys - queries - j);
    oracle_compare(o, "out.bias", (size_t)(next - bias), bias);
}

/* Relative position vectors for keys and values: a bias before the softmax, a weighted sum after it. */
static void shaw_attention(oracle *o)
{
    shape s = {.batch = oracle_size(o, "in.q", 0), .heads = oracle_size(o, "in.q", 1)};
    int time = oracle_size(o, "in.q", 2), width = oracle_size(o, "in.q", 3);
    static const char *const name[] = {"q", "k", "v"};
    qp_tensor x[3];
    s.queries = s.keys = time;
    place(o, &s, 0);
    for (int i = 0; i < 3; i++)
        x[i] = oracle_input(o, name[i], s.batch * time, s.heads * width,
                            oracle_heads_map(o, s.batch, s.heads, time, width));
    const qp_sequences rows = s.query_rows.sequences;
    qp_attention_config config = {.heads = s.heads, .causal = oracle_flag(o, "causal")};
    config.bias = qp_distance_scores(o->tape, x[0], oracle_param(o, "relative_k"), rows, rows, s.heads,
                                     (qp_real)(1 / sqrt(width)));
    qp_attention_map map;
    qp_tensor y = qp_attention(o->tape, x[0], rows, x[1], x[2], rows, &config, &map);
    if (qp_tape_failed(o->tape)) oracle_stop(o, "%s", qp_tape_message(o->tape));
    qp_tensor moved = qp_distance_values(o->tape, map.weights, oracle_param(o, "relative_v"), rows, rows, s.heads,
                                         y.rows);
    oracle_output(o, "y", qp_add(o->tape, y, moved), oracle_heads_map(o, s.batch, s.heads, time, width));
    weights_out(o, &s, &map);
}

/* The table's scores, row by row of a column of all its numbers. */
static void t5_bias(oracle *o)
{
    int heads = oracle_int(o, "heads"), queries = oracle_int(o, "queries"), keys = oracle_int(o, "keys"), wrong = 0;
    int count = 0;
    qp_tensor table = oracle_param(o, "weight"), column = table;
    qp_relative_config config = {.both_ways = oracle_flag(o, "bidirectional"), .far = oracle_int(o, "max_distance")};
    const int32_t *bucket = oracle_ints(o, "out.bucket");
    int32_t *row = oracle_memory(o, (size_t)heads * (size_t)queries * (size_t)keys * sizeof *row);
    for (int h = 0; h < heads; h++)
        for (int i = 0; i < queries; i++)
            for (int j = 0; j < keys; j++) {
                int found = qp_relative_bucket(j - i, table.rows, &config);
                row[count++] = found * heads + h;
                wrong += bucket[i * keys + j] != found;
            }
    oracle_expect(o, "out.bucket", wrong == 0, "%d buckets are others", wrong);
    column.rows = table.rows * heads;
    column.columns = column.stride = 1;
    oracle_output(o, "bias", qp_gather(o->tape, column, count, row), NULL);
}

const oracle_row oracle_rows_attention[] = {
    {"sdpa", attention},
    {"gqa", attention},
    {"window_attention", attention},
    {"softcap_attention", attention},
    {"shaw_attention", shaw_attention},
    {"t5_bias", t5_bias},
    {"mha", mha},
    {"alibi", alibi},
    {0},
};
