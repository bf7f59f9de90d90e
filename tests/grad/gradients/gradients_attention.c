#include "lib/grad/attention/attention_span.h"
#include "lib/grad/attention/op_attention.h"
#include "tests/grad/gradients/gradient_table.h"

/* Three sequences of 3, 1 and 4 queries; 2, 5 and 4 keys. */
static const int32_t query_start[] = {0, 3, 4, 8}, key_start[] = {0, 2, 7, 11};
static const qp_sequences queries = {.count = 3, .start = query_start}, keys = {.count = 3, .start = key_start};
enum { QUERIES = 8, KEYS = 11, WEIGHTS = 3 * 2 + 1 * 5 + 4 * 4 };

static void run(gradient_case *c, const qp_attention_config *config, int query_columns, int key_columns,
                int value_columns)
{
    qp_tensor query = gradient_input(c, QUERIES, query_columns), key = gradient_input(c, KEYS, key_columns);
    qp_tensor value = gradient_input(c, KEYS, value_columns);
    gradient_output(c, qp_attention(c->tape, query, queries, key, value, keys, config, NULL));
}

static void plain(gradient_case *c) { run(c, &(qp_attention_config){.heads = 2}, 6, 6, 4); }
static void causal(gradient_case *c)
{
    run(c, &(qp_attention_config){.heads = 2, .causal = true, .scale = (qp_real)0.9}, 6, 6, 4);
}
static void grouped(gradient_case *c)
{
    run(c, &(qp_attention_config){.heads = 4, .kv_heads = 2, .causal = true}, 8, 4, 6);
}
static void one_kv(gradient_case *c) { run(c, &(qp_attention_config){.heads = 3, .kv_heads = 1}, 6, 2, 2); }
static void dropout(gradient_case *c) { run(c, &(qp_attention_config){.heads = 2, .dropout = (qp_real)0.4}, 6, 6, 4); }

static void causal_dropout(gradient_case *c)
{
    run(c, &(qp_attention_config){.heads = 2, .causal = true, .dropout = (qp_real)0.4}, 6, 6, 4);
}

/* Bands of one product, keys = queries; option: causal. */
static void fused(gradient_case *c)
{
    qp_tensor x = gradient_input(c, QUERIES, 18);
    qp_attention_config config = {.heads = 2, .causal = c->option != 0};
    gradient_output(c, qp_attention(c->tape, qp_tensor_columns(x, 0, 6), queries, qp_tensor_columns(x, 6, 6),
                                    qp_tensor_columns(x, 12, 6), queries, &config, NULL));
}

/* Query, key and value are one matrix. */
static void same(gradient_case *c)
{
    qp_tensor x = gradient_input(c, QUERIES, 6);
    gradient_output(c, qp_attention(c->tape, x, queries, x, x, queries, &(qp_attention_config){.heads = 2}, NULL));
}

/* Two overlapping bands whose widths add up to the matrix without covering it. */
static void overlapping(gradient_case *c)
{
    qp_tensor x = gradient_input(c, QUERIES, 8), query = gradient_input(c, QUERIES, 4);
    qp_tensor key = qp_tensor_columns(x, 0, 4), value = qp_tensor_columns(x, 2, 4);
    gradient_output(
        c, qp_attention(c->tape, query, queries, key, value, queries, &(qp_attention_config){.heads = 2}, NULL));
}

/* key_row: one row is read twice, one never. */
static void key_rows(gradient_case *c)
{
    static const int32_t row[KEYS] = {4, 3, 0, 1, 2, 1, 6, 7, 8, 5, 4};
    static const int32_t position[KEYS] = {0, 2, 0, 1, 3, 4, 7, 0, 1, 3, 5};
    static const int32_t at[QUERIES] = {0, 1, 3, 7, 1, 3, 4, 6};
    run(c,
        &(qp_attention_config){
            .heads = 2, .causal = c->option != 0, .key_row = row, .key_position = position, .query_position = at},
        6, 6, 4);
}

/* Keys that no query may read, and queries that may read no key. */
static void unread_keys(gradient_case *c)
{
    static const int32_t at[QUERIES] = {0, 0, -1, -1, 1, 0, 2, 1};
    run(c, &(qp_attention_config){.heads = 4, .kv_heads = 2, .causal = true, .query_position = at}, 8, 4, 6);
}

static void slopes(gradient_case *c)
{
    static const qp_real slope[] = {(qp_real)0.5, (qp_real)0.25};
    run(c, &(qp_attention_config){.heads = 2, .slope = slope, .causal = c->option != 0}, 6, 6, 4);
}

static void window(gradient_case *c)
{
    run(c, &(qp_attention_config){.heads = 2, .window = 2, .sinks = c->option > 1, .causal = c->option != 0}, 6, 6, 4);
}

static void softcap(gradient_case *c)
{
    static const qp_real slope[] = {(qp_real)0.5, (qp_real)0.25, 1, 2};
    run(c,
        &(qp_attention_config){.heads = 4,
                               .kv_heads = 2,
                               .softcap = (qp_real)0.4,
                               .slope = c->option > 1 ? slope : NULL,
                               .causal = c->option != 0},
        8, 4, 6);
}

static void bias(gradient_case *c)
{
    qp_attention_config config = {.heads = 2, .causal = c->option != 0};
    config.bias = gradient_input(c, 2 * WEIGHTS, 1);
    run(c, &config, 6, 6, 4);
}

static void bias_shared(gradient_case *c)
{
    static const int32_t start[] = {0, 3, 6};
    const qp_sequences equal = {.count = 2, .start = start};
    qp_attention_config config = {.heads = 2, .bias_shared = true};
    config.bias = gradient_input(c, 2 * 3 * 3, 1);
    qp_tensor x = gradient_input(c, 6, 12),
              y = qp_attention(c->tape, qp_tensor_columns(x, 0, 4), equal, qp_tensor_columns(x, 4, 4),
                               qp_tensor_columns(x, 8, 4), equal, &config, NULL);
    gradient_output(c, y);
}

/* option 1: only the map receives a gradient; 2: both; 3: both, causal, dropout */
static void map(gradient_case *c)
{
    qp_attention_map weights;
    qp_tensor query = gradient_input(c, QUERIES, 6), key = gradient_input(c, KEYS, 6),
              value = gradient_input(c, KEYS, 4);
    qp_attention_config config = {.heads = 2, .causal = c->option == 3, .dropout = c->option == 3 ? (qp_real)0.3 : 0};
    qp_tensor y = qp_attention(c->tape, query, queries, key, value, keys, &config, &weights);
    gradient_output(c, weights.weights);
    if (c->option > 1) gradient_output(c, y);
}

/* Long enough for several blocks of queries. */
static void long_causal(gradient_case *c)
{
    static const int32_t start[] = {0, 70};
    const qp_sequences one = {.count = 1, .start = start};
    qp_tensor x = gradient_input(c, 70, 3);
    qp_attention_config config = {.heads = 1, .causal = true, .dropout = (qp_real)0.2};
    gradient_output(c, qp_attention(c->tape, qp_tensor_columns(x, 0, 1), one, qp_tensor_columns(x, 1, 1),
                                    qp_tensor_columns(x, 2, 1), one, &config, NULL));
}

/* Learned scores of distances; option 1: causal, one way, positions far outside of the sequences. */
static void relative(gradient_case *c)
{
    static const int32_t at[QUERIES] = {40, 41, 42, 5, 6, 90, 91, 92};
    qp_attention_config config = {.heads = 2, .distance = {.both_ways = c->option == 0, .far = 5}};
    config.causal = c->option != 0;
    config.query_position = c->option != 0 ? at : NULL;
    config.relative = gradient_input(c, 6, 2);
    run(c, &config, 6, 6, 4);
}

/* More keys than a block of them holds: 2 queries of 2 heads and one head of keys. */
static void many_keys(gradient_case *c)
{
    enum { MANY = QP_ATTENTION_KEYS + 9 };
    static const int32_t start[] = {0, 2}, first[] = {0, MANY};
    static const qp_real slope[] = {(qp_real)0.01, (qp_real)0.02};
    static int32_t row[MANY], position[MANY];
    const qp_sequences qs = {.count = 1, .start = start}, ks = {.count = 1, .start = first};
    qp_attention_config config = {.heads = 2, .kv_heads = 1};
    for (int j = 0; j < MANY; j++) {
        row[j] = (j * 7) % MANY;
        position[j] = j / 2;
    }
    switch (c->option) {
    case 0: config.dropout = (qp_real)0.3; break;
    case 1: config.softcap = (qp_real)0.5, config.slope = slope; break;
    case 2: config.bias = gradient_input(c, 2 * 2 * MANY, 1); break;
    case 3: config.window = 4, config.sinks = 3, config.causal = true; break;
    case 5: config.relative = gradient_input(c, 8, 2), config.distance.far = 50; break;
    default: config.key_row = row, config.key_position = position;
    }
    qp_tensor query = gradient_input(c, 2, 4), key = gradient_input(c, MANY, 2), value = gradient_input(c, MANY, 1);
    gradient_output(c, qp_attention(c->tape, query, qs, key, value, ks, &config, NULL));
}

/* Sequences without queries, without keys, and rows of no sequence. */
static void gaps(gradient_case *c)
{
    static const int32_t qstart[] = {1, 3, 5}, qlength[] = {2, 0, 3}, kstart[] = {2, 0, 7}, klength[] = {4, 3, 0};
    const qp_sequences qs = {3, qstart, qlength}, ks = {3, kstart, klength};
    qp_tensor query = gradient_input(c, QUERIES, 4), key = gradient_input(c, KEYS, 4),
              value = gradient_input(c, KEYS, 4);
    gradient_output(c, qp_attention(c->tape, query, qs, key, value, ks, &(qp_attention_config){.heads = 2}, NULL));
}

/* The same, end to end: every row belongs to a sequence, and gradients are stored, not added. */
static void empty_sequences(gradient_case *c)
{
    static const int32_t qstart[] = {0, 2, 2, QUERIES}, kstart[] = {0, 0, 5, KEYS};
    const qp_sequences qs = {.count = 3, .start = qstart}, ks = {.count = 3, .start = kstart};
    qp_tensor query = gradient_input(c, QUERIES, 4), key = gradient_input(c, KEYS, 4),
              value = gradient_input(c, KEYS, 4);
    gradient_output(c, qp_attention(c->tape, query, qs, key, value, ks,
                                    &(qp_attention_config){.heads = 2, .causal = c->option != 0}, NULL));
}

const gradient_row gradient_rows_attention[] = {
    {"qp_attention", "plain", plain, 0},
    {"qp_attention", "causal, scale", causal, 0},
    {"qp_attention", "grouped heads", grouped, 0},
    {"qp_attention", "one head of keys", one_kv, 0},
    {"qp_attention", "dropout", dropout, 0},
    {"qp_attention", "causal, dropout", causal_dropout, 0},
    {"qp_attention", "bands", fused, 0},
    {"qp_attention", "bands, causal", fused, 1},
    {"qp_attention", "one matrix", same, 0},
    {"qp_attention", "overlapping bands", overlapping, 0},
    {"qp_attention", "key rows", key_rows, 0},
    {"qp_attention", "key rows, positions, causal", key_rows, 1},
    {"qp_attention", "keys nobody reads", unread_keys, 0},
    {"qp_attention", "slopes", slopes, 0},
    {"qp_attention", "slopes, causal", slopes, 1},
    {"qp_attention", "window", window, 0},
    {"qp_attention", "window, causal", window, 1},
    {"qp_attention", "window, sinks, causal", window, 2},
    {"qp_attention", "softcap", softcap, 0},
    {"qp_attention", "softcap, slopes, causal", softcap, 2},
    {"qp_attention", "bias", bias, 0},
    {"qp_attention", "bias, causal", bias, 1},
    {"qp_attention", "shared bias", bias_shared, 0},
    {"qp_attention", "map alone", map, 1},
    {"qp_attention", "map and result", map, 2},
    {"qp_attention", "map and result, causal, dropout", map, 3},
    {"qp_attention", "several blocks", long_causal, 0},
    {"qp_attention", "many keys, dropout", many_keys, 0},
    {"qp_attention", "many keys, softcap, slopes", many_keys, 1},
    {"qp_attention", "many keys, bias", many_keys, 2},
    {"qp_attention", "many keys, window, sinks, causal", many_keys, 3},
    {"qp_attention", "many keys, key rows, positions", many_keys, 4},
    {"qp_attention", "many keys, relative", many_keys, 5},
    {"qp_attention", "relative, both ways", relative, 0},
    {"qp_attention", "relative, one way, far, causal", relative, 1},
    {"qp_attention", "gaps", gaps, 0},
    {"qp_attention", "empty sequences", empty_sequences, 0},
    {"qp_attention", "empty sequences, causal", empty_sequences, 1},
    {0},
};
