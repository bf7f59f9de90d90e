#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/attention/op_attention.h"
#include "tests/grad/op_check.h"

#define ATTENTION_PLAIN_WITHOUT_MAIN
#define ATTENTION_PLAIN_REAL qp_real
#include "tests/examples/attention_plain.c"

/* Sequences of 3, 1, 70 and 5 queries; 4, 6, 70 and 5 keys: several blocks, single queries, both kinds of shape. */
enum { SEQUENCES = 4, QUERIES = 79, KEYS = 85, HEADS = 4, KV_HEADS = 2, DK = 5, DV = 3, OUT = HEADS * DV };

static const int32_t query_start[] = {0, 3, 4, 74, 79}, key_start[] = {0, 4, 10, 80, 85};
static const qp_sequences queries = {.count = SEQUENCES, .start = query_start},
                          keys = {.count = SEQUENCES, .start = key_start};
static const qp_real slope[HEADS] = {(qp_real)0.5, (qp_real)0.25, (qp_real)0.125, (qp_real)0.0625};
static qp_tensor query, key, value;

static void prepare(void)
{
    op_numbers_reset();
    query = qp_tensor_columns(op_matrix(QUERIES, HEADS * DK + 3, 1), 2, HEADS * DK);
    key = qp_tensor_columns(op_matrix(KEYS, KV_HEADS * (DK + DV), 2), 0, KV_HEADS * DK);
    value = key;
    value.value += KV_HEADS * DK;
    value.columns = KV_HEADS * DV;
}

static int length(const int32_t *start, int i) { return start[i + 1] - start[i]; }

/* One head of one query in plain loops; weights [keys of its sequence]. */
static void plain_query(int s, int h, int q, const qp_attention_config *config, double *weights, double *y)
{
    int tk = length(key_start, s), position = tk - length(query_start, s) + q, kv = h / (HEADS / KV_HEADS);
    const qp_real *from = qp_tensor_row(query, query_start[s] + q) + h * DK;
    double sum = 0, scale = config->scale != 0 ? (double)config->scale : 1 / sqrt(DK);
    for (int j = 0; j < tk; j++) {
        const qp_real *to = qp_tensor_row(key, key_start[s] + j) + kv * DK;
        double score = 0;
        for (int d = 0; d < DK; d++) score += (double)from[d] * (double)to[d];
        score *= scale;
        if (config->softcap > 0) score = (double)config->softcap * tanh(score / (double)config->softcap);
        score -= (config->slope ? (double)config->slope[h] * abs(position - j) : 0);
        bool near = config->window == 0 || j < config->sinks || abs(position - j) < config->window;
        weights[j] = (config->causal && j > position) || !near ? 0 : exp(score);
        sum += weights[j];
    }
    for (int d = 0; d < DV; d++) y[d] = 0;
    for (int j = 0; j < tk; j++) {
        weights[j] /= sum;
        for (int d = 0; d < DV; d++) y[d] += weights[j] * (double)(qp_tensor_row(value, key_start[s] + j) + kv * DV)[d];
    }
}

static size_t plain(const qp_attention_config *config, double *y, double *weights)
{
    double *next = weights;
    for (int s = 0; s < SEQUENCES; s++)
        for (int h = 0; h < HEADS; h++)
            for (int q = 0; q < length(query_start, s); q++) {
                plain_query(s, h, q, config, next, y + (query_start[s] + q) * OUT + h * DV);
                next += length(key_start, s);
            }
    return (size_t)(next - weights);
}

Test(test_op_attention, attention_is_a_plain_loop)
{
    double *y = calloc(QUERIES * OUT, sizeof *y), *weights = calloc(HEADS * QUERIES * KEYS, sizeof *weights);
    for (int k = 0; k < 32; k++) {
        prepare();
        qp_attention_config config = {.heads = HEADS,
                                      .window = k & 8 ? 3 : 0,
                                      .sinks = k & 16 ? 2 : 0,
                                      .softcap = k & 16 ? (qp_real)0.7 : 0,
                                      .kv_heads = KV_HEADS,
                                      .causal = k & 1,
                                      .slope = k & 2 ? slope : NULL,
                                      .scale = k & 2 ? (qp_real)1.3 : 0};
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, k & 4 ? QP_INFER : QP_TRAIN, 1);
        qp_attention_map map;
        size_t count = plain(&config, y, weights);
        qp_tensor with_map = qp_attention(tape, query, queries, key, value, keys, &config, &map);
        qp_tensor without = qp_attention(tape, query, queries, key, value, keys, &config, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        cr_assert_eq((size_t)map.weights.rows, count);
        op_near("result", QUERIES * OUT, without.value, y, 1e-5);
        op_near("weights", count, map.weights.value, weights, 1e-5);
        cr_expect_arr_eq(with_map.value, without.value, QUERIES * OUT * sizeof(qp_real));
        qp_tape_free(tape);
    }
    free(y);
    free(weights);
}

/* The fused operation computes the attention of the paper: weights and result, with and without the causal mask. */
Test(test_op_attention, attention_is_that_of_the_paper)
{
    enum { Tq = 67, Tk = 70, WIDTH = HEADS * DK };
    static double weights[HEADS * Tq * Tk], result[Tq * WIDTH];
    op_numbers_reset();
    const qp_tensor q = op_matrix(Tq, WIDTH, 1), k = op_matrix(Tk, WIDTH, 2), v = op_matrix(Tk, WIDTH, 3);
    const qp_real *qkv[3] = {q.value, k.value, v.value};
    const int32_t rows_q[] = {0, Tq}, rows_k[] = {0, Tk};
    const qp_sequences one_q = {.count = 1, .start = rows_q}, one_k = {.count = 1, .start = rows_k};
    for (int causal = 0; causal < 2; causal++) {
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_TRAIN, 1);
        qp_attention_map map;
        const qp_attention_config config = {.heads = HEADS, .causal = causal};
        qp_tensor y = qp_attention(tape, q, one_q, k, v, one_k, &config, &map);
        attention_plain(HEADS, DK, Tq, Tk, causal, qkv, weights, result);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        op_near("result", Tq * WIDTH, y.value, result, 1e-5);
        op_near("weights", HEADS * Tq * Tk, map.weights.value, weights, 1e-5);
        qp_tape_free(tape);
    }
}

/* A query whose window contains no key gives 0. */
Test(test_op_attention, a_window_without_a_key_gives_zero)
{
    prepare();
    int32_t at[QUERIES];
    for (int q = 0; q < QUERIES; q++) at[q] = q == 1 ? 900 : 1;
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .window = 2, .query_position = at};
    qp_tensor leaf = op_leaf(tape, query), y = qp_attention(tape, leaf, queries, key, value, keys, &config, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    for (int i = 0; i < OUT; i++) cr_expect_eq(qp_tensor_row(y, 1)[i], 0);
    op_backward(tape, y);
    for (size_t i = 0; i < QUERIES * (size_t)query.stride; i++) cr_assert(isfinite(leaf.node->grad[i]));
    config.window = -1;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &config, NULL), "a negative window");
    qp_tape_free(tape);
}

/* The same keys in scattered rows, given by key_row. */
Test(test_op_attention, scattered_keys_are_the_same_keys)
{
    for (int mode = QP_INFER; mode <= QP_TRAIN; mode++) {
        prepare();
        qp_tensor scattered = op_matrix(KEYS, key.stride, 9);
        int32_t row[KEYS];
        for (int j = 0; j < KEYS; j++) {
            row[j] = (j * 7) % KEYS;
            memcpy(qp_tensor_row(scattered, row[j]), qp_tensor_row(key, j), (size_t)key.stride * sizeof(qp_real));
        }
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, (qp_mode)mode, 1);
        qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = true};
        qp_tensor in_place = qp_attention(tape, query, queries, key, value, keys, &config, NULL);
        config.key_row = row;
        qp_tensor far_key = qp_tensor_columns(scattered, 0, key.columns);
        qp_tensor far_value = qp_tensor_columns(scattered, key.columns, value.columns);
        qp_tensor gathered = qp_attention(tape, query, queries, far_key, far_value, keys, &config, NULL);
        double expected[QUERIES * OUT];
        for (int i = 0; i < QUERIES * OUT; i++) expected[i] = (double)in_place.value[i];
        op_near("gathered", QUERIES * OUT, gathered.value, expected, 1e-6);
        qp_tape_free(tape);
    }
}

/* A batch equals its sequences alone; while decoding, to the bit. */
Test(test_op_attention, a_sequence_does_not_know_its_neighbours)
{
    for (int mode = QP_INFER; mode <= QP_TRAIN; mode++) {
        prepare();
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, (qp_mode)mode, 1);
        qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = true};
        qp_tensor together = qp_attention(tape, query, queries, key, value, keys, &config, NULL);
        for (int s = 0; s < SEQUENCES; s++) {
            const int32_t qs[] = {0, length(query_start, s)}, ks[] = {0, length(key_start, s)};
            qp_tensor q = query, k = key, v = value;
            q.value = qp_tensor_row(query, query_start[s]);
            k.value = qp_tensor_row(key, key_start[s]);
            v.value = qp_tensor_row(value, key_start[s]);
            q.rows = qs[1];
            k.rows = v.rows = ks[1];
            qp_tensor alone = qp_attention(tape, q, (qp_sequences){1, qs, NULL}, k, v, (qp_sequences){1, ks, NULL},
                                           &config, NULL);
            cr_expect_arr_eq(alone.value, qp_tensor_row(together, query_start[s]),
                             (size_t)qs[1] * OUT * sizeof(qp_real), "sequence %d", s);
        }
        qp_tape_free(tape);
    }
}

/* Decoding one token at a time equals the causal pass. */
Test(test_op_attention, step_by_step_is_the_causal_pass)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = true, .slope = slope};
    qp_tensor whole = qp_attention(tape, query, queries, key, value, keys, &config, NULL);
    int first = query_start[2], rows = length(query_start, 2);
    double expected[OUT];
    for (int t = 0; t < rows; t++) {
        const int32_t qs[] = {first + t}, one[] = {1}, ks[] = {key_start[2]}, seen[] = {t + 1};
        qp_tensor step = qp_attention(tape, query, (qp_sequences){1, qs, one}, key, value, (qp_sequences){1, ks, seen},
                                      &config, NULL);
        for (int c = 0; c < OUT; c++) expected[c] = (double)qp_tensor_row(whole, first + t)[c];
        op_near("step", OUT, qp_tensor_row(step, first + t), expected, 1e-5);
    }
    qp_tape_free(tape);
}

/* Several hypotheses read the same keys, each a prefix of them. */
Test(test_op_attention, hypotheses_share_a_memory)
{
    static const int32_t qs[] = {0, 1, 2}, ones[] = {1, 1, 1}, ks[] = {5, 5, 5}, seen[] = {4, 7, 4};
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS};
    memcpy(qp_tensor_row(query, 2), qp_tensor_row(query, 0), (size_t)query.columns * sizeof(qp_real));
    qp_tensor y = qp_attention(tape, query, (qp_sequences){3, qs, ones}, key, value, (qp_sequences){3, ks, seen},
                               &config, NULL);
    cr_expect_arr_eq(qp_tensor_row(y, 0), qp_tensor_row(y, 2), OUT * sizeof(qp_real));
    cr_expect_neq(memcmp(qp_tensor_row(y, 0), qp_tensor_row(y, 1), OUT * sizeof(qp_real)), 0);
    for (int c = 0; c < OUT; c++) cr_expect_eq(qp_tensor_row(y, 3)[c], 0, "a row of no sequence");
    qp_tape_free(tape);
}

Test(test_op_attention, a_query_that_may_read_nothing_gives_zeros)
{
    static const int32_t at[QUERIES] = {-1};
    prepare();
    for (int mode = QP_INFER; mode <= QP_TRAIN; mode++) {
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, (qp_mode)mode, 1);
        qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = true, .query_position = at};
        qp_tensor y = qp_attention(tape, query, queries, key, value, keys, &config, NULL);
        for (int c = 0; c < OUT; c++) cr_expect_eq(y.value[c], 0);
        qp_tape_free(tape);
    }
}

static void result_and_gradients(qp_tape *tape, qp_real *result)
{
    qp_tensor q = op_leaf(tape, qp_tensor_of(QUERIES, HEADS * DK, result)), k = q, v = q;
    qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .causal = true, .dropout = (qp_real)0.2};
    for (int i = 0; i < QUERIES * HEADS * DK; i++) q.value[i] = (qp_real)((i * 37) % 101) / 50 - 1;
    k.columns = v.columns = KV_HEADS * DK;
    v.value += KV_HEADS * DK;
    qp_tensor y = qp_attention(tape, q, queries, k, v, queries, &config, NULL);
    op_backward(tape, y);
    memcpy(result, y.value, QUERIES * HEADS * DK * sizeof *result);
    memcpy(result + QUERIES * HEADS * DK, q.node->grad, QUERIES * HEADS * DK * sizeof *result);
}

Test(test_op_attention, any_number_of_threads_gives_the_same_bits)
{
    op_same_in_threads(result_and_gradients, 2 * QUERIES * HEADS * DK);
}

/* Every entry of key_row is looked at, the first and the last of each sequence too. */
Test(test_op_attention, a_key_row_outside_is_refused_wherever_it_is)
{
    prepare();
    int32_t row[KEYS];
    for (int j = 0; j < KEYS; j++) row[j] = j;
    const qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS, .key_row = row};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    for (int j = 0; j < KEYS; j++)
        for (int below = 0; below <= 1; below++) {
            row[j] = below ? -1 : KEYS;
            op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &config, NULL), "a row outside");
            row[j] = j;
        }
    qp_attention(tape, query, queries, key, value, keys, &config, NULL);
    cr_expect_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    qp_tape_free(tape);
}

/* Of each sequence: its first row before the matrix, a length below 0, its last row after the matrix. */
Test(test_op_attention, a_sequence_outside_is_refused_wherever_it_is)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    const qp_attention_config config = {.heads = HEADS, .kv_heads = KV_HEADS};
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < SEQUENCES; i++)
            for (int kind = 0; kind < 4; kind++) {
                int32_t start[2][SEQUENCES], lengths[2][SEQUENCES];
                const int rows = side ? KEYS : QUERIES;
                for (int j = 0; j < SEQUENCES; j++) {
                    start[0][j] = query_start[j], lengths[0][j] = length(query_start, j);
                    start[1][j] = key_start[j], lengths[1][j] = length(key_start, j);
                }
                if (kind == 1) start[side][i] = -1;
                if (kind == 2) lengths[side][i] = -1;
                if (kind == 3) start[side][i] = rows - lengths[side][i] + 1;
                const qp_sequences q = {SEQUENCES, start[0], lengths[0]}, k = {SEQUENCES, start[1], lengths[1]};
                qp_tensor y = qp_attention(tape, query, q, key, value, k, &config, NULL);
                if (kind)
                    op_refused(tape, y, "a sequence outside");
                else
                    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
            }
    qp_tape_free(tape);
}

Test(test_op_attention, wrong_shapes_are_refused)
{
    static const int32_t outside[KEYS] = {0, 1, KEYS}, beyond[] = {0, 4, 10, 80, 86};
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    const qp_attention_config right = {.heads = HEADS, .kv_heads = KV_HEADS};
    qp_attention_config wrong = right;
    wrong.heads = 3;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "heads that do not divide");
    wrong.heads = 0;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "no heads");
    wrong = right;
    wrong.kv_heads = HEADS;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "keys narrower than queries");
    wrong = right;
    wrong.key_row = outside;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "a key row outside");
    wrong = right;
    wrong.bias = op_matrix(17, 1, 4);
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "a bias of other length");
    wrong.bias_shared = true;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL),
               "one bias for unequal sequences");
    wrong = right;
    wrong.dropout = 1;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &wrong, NULL), "dropout of everything");
    op_refused(tape, qp_attention(tape, query, queries, key, value, (qp_sequences){3, key_start, NULL}, &right, NULL),
               "fewer key sequences");
    op_refused(tape, qp_attention(tape, query, queries, key, value, (qp_sequences){4, beyond, NULL}, &right, NULL),
               "keys beyond the matrix");
    value.rows--;
    op_refused(tape, qp_attention(tape, query, queries, key, value, keys, &right, NULL), "fewer values than keys");
    qp_tape_free(tape);
}

Test(test_op_attention, slopes_halve_from_head_to_head)
{
    qp_real eight[8], six[6];
    qp_attention_slopes(8, eight);
    qp_attention_slopes(6, six);
    const double first[8] = {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625};
    const double odd[6] = {0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125};
    op_near("8 heads", 8, eight, first, 0);
    op_near("6 heads", 6, six, odd, 0);
}
