#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tiles.h"
#include "lib/grad/attention/attention_span.h"
#include "lib/grad/attention/op_attention.h"
#include "tests/grad/op_check.h"

/* Long sequences, whose keys are processed in blocks. With a map all keys of a query are one block, which
 * test_op_attention.c compares with plain loops; here the blocks are compared with that. The first sequence is a whole
 * number of blocks, the last is not. */
enum { HEADS = 4, KV_HEADS = 2, DK = 5, DV = 3, OUT = HEADS * DV, SEQUENCES = 3, QUERIES = 671, KEYS = 1070 };
static const int32_t query_start[] = {0, 256, 257, QUERIES}, key_start[] = {0, 256, 656, KEYS};
static const qp_sequences queries = {.count = SEQUENCES, .start = query_start},
                          keys = {.count = SEQUENCES, .start = key_start};
static const qp_real slope[HEADS] = {(qp_real)0.05, (qp_real)0.02, (qp_real)0.01, (qp_real)0.001};

enum { WEIGHTS = HEADS * (256 * 256 + 400 + 414 * 414) };
enum { Q_COUNT = QUERIES * HEADS * DK, K_COUNT = KEYS * KV_HEADS * DK, V_COUNT = KEYS * KV_HEADS * DV };
enum { COUNT = QUERIES * OUT + Q_COUNT + K_COUNT + V_COUNT + WEIGHTS };

static int32_t row[KEYS], position[KEYS], at[QUERIES];

static void use_positions(qp_attention_config *config)
{
    for (int i = 0; i < SEQUENCES; i++) {
        int tk = qp_sequence_length(keys, i), tq = qp_sequence_length(queries, i);
        for (int j = 0; j < tk; j++) {
            row[key_start[i] + j] = key_start[i] + (j * 17) % tk;
            position[key_start[i] + j] = (j * 3) % tk;
        }
        for (int q = 0; q < tq; q++) at[query_start[i] + q] = (q * 5) % tk;
    }
    config->key_row = row;
    config->key_position = position;
    config->query_position = at;
}

static qp_real bias[WEIGHTS];

/* Options by number. */
static qp_attention_config config_of(qp_tape *tape, int k)
{
    qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = k & 1};
    if (k & 2) config.slope = slope;
    if (k & 4) config.window = 40;
    if (k & 8) config.sinks = 3, config.softcap = (qp_real)0.8;
    if (k & 16) config.dropout = (qp_real)0.2;
    if (k & 32) {
        for (int i = 0; i < WEIGHTS; i++) bias[i] = (qp_real)((i * 37) % 101) / 50 - 1;
        config.bias = op_leaf(tape, qp_tensor_of(WEIGHTS, 1, bias));
    }
    if (k & 64) use_positions(&config);
    return config;
}

/* The result and all gradients. */
static void compute(qp_tape *tape, int k, bool map, qp_real *result)
{
    op_numbers_reset();
    qp_tape_begin(tape, QP_TRAIN, 7);
    qp_tensor query = op_leaf(tape, op_matrix(QUERIES, HEADS * DK, 1)),
              key = op_leaf(tape, op_matrix(KEYS, KV_HEADS * DK, 2)),
              value = op_leaf(tape, op_matrix(KEYS, KV_HEADS * DV, 3));
    const qp_attention_config config = config_of(tape, k);
    qp_attention_map weights;
    qp_tensor y = qp_attention(tape, query, queries, key, value, keys, &config, map ? &weights : NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    memcpy(result, y.value, QUERIES * OUT * sizeof *result);
    qp_real beta, *dy = qp_tape_grad(tape, y, &beta), *next = result + QUERIES * OUT;
    memcpy(dy, op_numbers(QUERIES * OUT, 5), QUERIES * OUT * sizeof *dy);
    cr_assert_eq(qp_tape_backward_from(tape), QP_OK);
    const qp_tensor leaf[] = {query, key, value, config.bias};
    const size_t count[] = {Q_COUNT, K_COUNT, V_COUNT, WEIGHTS};
    for (int i = 0; i < 4; next += count[i++])
        if (leaf[i].node)
            memcpy(next, leaf[i].node->grad, count[i] * sizeof *next);
        else
            memset(next, 0, count[i] * sizeof *next);
}

Test(test_attention_blocks, blocks_of_keys_give_what_all_keys_at_once_give)
{
    static qp_real blocks[COUNT], whole[COUNT];
    static double expected[COUNT];
    for (int k = 0; k < 128; k += k < 32 ? 1 : 7) {
        qp_tape *tape = qp_tape_new();
        compute(tape, k, false, blocks);
        compute(tape, k, true, whole);
        for (size_t i = 0; i < COUNT; i++) expected[i] = (double)whole[i];
        op_near("result and gradients", COUNT, blocks, expected, 2e-5);
        cr_expect_neq(memcmp(blocks, whole, sizeof blocks), 0, "options %d: keys in blocks round differently", k);
        qp_tape_free(tape);
    }
}

/* A table of distances gives what the same numbers as biases give, and its gradient is the sum of theirs. */
enum { BUCKETS = 12 };

static void bias_of(const qp_real *table, const qp_relative_config *config, int32_t *place)
{
    int next = 0;
    for (int s = 0; s < SEQUENCES; s++) {
        int tq = qp_sequence_length(queries, s), tk = qp_sequence_length(keys, s);
        for (int h = 0; h < HEADS; h++)
            for (int q = 0; q < tq; q++)
                for (int j = 0; j < tk; j++, next++) {
                    place[next] = qp_relative_bucket(j - (tk - tq + q), BUCKETS, config) * HEADS + h;
                    bias[next] = table[place[next]];
                }
    }
}

static void gradient_of_scores(qp_tape *tape, const qp_attention_config *config, qp_real *y)
{
    qp_tensor query = op_matrix(QUERIES, HEADS * DK, 1), key = op_matrix(KEYS, KV_HEADS * DK, 2),
              value = op_matrix(KEYS, KV_HEADS * DV, 3);
    qp_tensor out = qp_attention(tape, query, queries, key, value, keys, config, NULL);
    memcpy(y, out.value, QUERIES * OUT * sizeof *y);
    qp_real beta, *dy = qp_tape_grad(tape, out, &beta);
    memcpy(dy, op_numbers(QUERIES * OUT, 5), QUERIES * OUT * sizeof *dy);
    cr_assert_eq(qp_tape_backward_from(tape), QP_OK);
}

Test(test_attention_blocks, a_table_of_distances_is_a_bias)
{
    static int32_t place[WEIGHTS];
    static qp_real by_table[QUERIES * OUT], by_bias[QUERIES * OUT];
    for (int way = 0; way < 2; way++) {
        double sum[BUCKETS * HEADS] = {0};
        qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = way != 0};
        config.distance = (qp_relative_config){.both_ways = way == 0, .far = 200};
        op_numbers_reset();
        qp_tape *tape = qp_tape_new(), *other = qp_tape_new();
        qp_tape_begin(tape, QP_TRAIN, 7);
        qp_tape_begin(other, QP_TRAIN, 7);
        qp_tensor table = config.relative = op_leaf(tape, op_matrix(BUCKETS, HEADS, 6));
        bias_of(table.value, &config.distance, place);
        gradient_of_scores(tape, &config, by_table);
        config.relative = (qp_tensor){0};
        config.bias = op_leaf(other, qp_tensor_of(WEIGHTS, 1, bias));
        gradient_of_scores(other, &config, by_bias);
        cr_expect_arr_eq(by_table, by_bias, sizeof by_bias);
        for (int i = 0; i < WEIGHTS; i++) sum[place[i]] += (double)config.bias.node->grad[i];
        op_near("gradient of the table", BUCKETS * HEADS, table.node->grad, sum, 1e-3);
        qp_tape_free(tape);
        qp_tape_free(other);
    }
}

/* ---- threads ---- */

typedef struct {
    int option;
    qp_real *result;
} shared;

static void compute_shared(void *self, int worker)
{
    shared *s = self;
    if (worker > 0) return;
    while (qp_team_size() > 1 && qp_team_idle() < qp_team_size() - 1) {} /* so that all of them take tiles */
    qp_tape *tape = qp_tape_new();
    compute(tape, s->option, false, s->result);
    qp_tape_free(tape);
}

Test(test_attention_blocks, any_team_of_threads_gives_the_same_bits)
{
    static const int option[] = {0, 1, 5, 17, 34, 64 + 16, 7 + 8 + 16};
    static qp_real one[COUNT], several[COUNT];
    for (size_t k = 0; k < sizeof option / sizeof *option; k++) {
        qp_team_run(1, &(qp_team_work){&(shared){option[k], one}, compute_shared});
        static const int threads[] = {2, 3, 4, 7, 16};
        for (int i = 0; i < 5; i++) {
            qp_team_run(threads[i], &(qp_team_work){&(shared){option[k], several}, compute_shared});
            cr_expect_arr_eq(several, one, sizeof one, "options %d, %d threads", option[k], threads[i]);
        }
    }
}

/* ---- memory ---- */

static size_t peak(int length)
{
    const int32_t start[] = {0, length};
    const qp_sequences all = {.count = 1, .start = start};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor x = qp_tape_tensor(tape, length, 3);
    memset(x.value, 0, (size_t)length * 3 * sizeof *x.value);
    const qp_attention_config config = {.heads = 1, .causal = true, .dropout = (qp_real)0.1};
    qp_tensor y = qp_attention(tape, qp_tensor_columns(x, 0, 1), all, qp_tensor_columns(x, 1, 1),
                               qp_tensor_columns(x, 2, 1), all, &config, NULL);
    op_backward(tape, y);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    size_t bytes = qp_tape_peak_bytes(tape);
    qp_tape_free(tape);
    return bytes;
}

Test(test_attention_blocks, memory_grows_with_the_length_not_with_its_square)
{
    size_t one = peak(1024), two = peak(2048), four = peak(4096);
    cr_expect_leq(two - one, 1024 * 10 * sizeof(qp_real) + 4096, "%zu bytes more", two - one);
    cr_expect_leq(four - two, 2 * (two - one) + 4096, "%zu, %zu, %zu bytes", one, two, four);
}
