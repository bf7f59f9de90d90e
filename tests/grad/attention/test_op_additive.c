#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/attention/op_additive.h"
#include "tests/grad/op_check.h"

enum { SEQUENCES = 4, QUERIES = 9, KEYS = 30, A = 6, D = 5, PAIRS = 3 * 4 + 1 * 6 + 5 * 20 };

static const int32_t query_start[] = {0, 3, 4, 4, 9}, key_start[] = {0, 4, 10, 10, 30};
static const qp_sequences queries = {.count = SEQUENCES, .start = query_start},
                          keys = {.count = SEQUENCES, .start = key_start};
static qp_tensor query, key, value, energy;

static void prepare(void)
{
    op_numbers_reset();
    query = qp_tensor_columns(op_matrix(QUERIES, A + 2, 1), 1, A);
    key = qp_tensor_columns(op_matrix(KEYS, A + D, 2), 0, A);
    value = key;
    value.value += A;
    value.columns = D;
    energy = op_matrix(1, A, 3);
}

static void plain_query(int s, int q, double *score, double *weight, double *y)
{
    int count = key_start[s + 1] - key_start[s];
    double sum = 0;
    for (int j = 0; j < count; j++) {
        score[j] = 0;
        for (int c = 0; c < A; c++)
            score[j] += (double)energy.value[c] *
                        tanh((double)qp_tensor_row(query, q)[c] + (double)qp_tensor_row(key, key_start[s] + j)[c]);
        sum += weight[j] = exp(score[j]);
    }
    for (int c = 0; c < D; c++) y[c] = 0;
    for (int j = 0; j < count; j++) {
        weight[j] /= sum;
        for (int c = 0; c < D; c++) y[c] += weight[j] * (double)qp_tensor_row(value, key_start[s] + j)[c];
    }
}

Test(test_op_additive, is_a_plain_loop)
{
    double score[PAIRS], weight[PAIRS], y[QUERIES * D];
    int pair = 0;
    prepare();
    for (int s = 0; s < SEQUENCES; s++)
        for (int q = query_start[s]; q < query_start[s + 1]; q++, pair += key_start[s + 1] - key_start[s])
            plain_query(s, q, score + pair, weight + pair, y + q * D);
    cr_assert_eq(pair, PAIRS);
    for (int mode = QP_INFER; mode <= QP_TRAIN; mode++) {
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, (qp_mode)mode, 1);
        qp_attention_map map;
        qp_real found[PAIRS];
        qp_tensor made = qp_additive_attention(tape, &(qp_additive){query, queries, key, value, keys, energy}, &map,
                                               found);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        op_near("context", QUERIES * D, made.value, y, 1e-5);
        op_near("weights", PAIRS, map.weights.value, weight, 1e-5);
        op_near("scores", PAIRS, found, score, 1e-5);
        qp_tape_free(tape);
    }
}

/* To the bit, also where several sequences read the same keys, as hypotheses do. */
Test(test_op_additive, a_query_does_not_know_its_neighbours)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 1);
    qp_tensor together = qp_additive_attention(tape, &(qp_additive){query, queries, key, value, keys, energy}, NULL,
                                               NULL);
    for (int s = 0; s < SEQUENCES; s++)
        for (int q = query_start[s]; q < query_start[s + 1]; q++) {
            const int32_t twice[] = {0, 1, 2}, from[] = {key_start[s], key_start[s]};
            const int32_t length[] = {key_start[s + 1] - key_start[s], key_start[s + 1] - key_start[s]};
            qp_real both[2 * A];
            for (int i = 0; i < 2; i++) memcpy(both + i * A, qp_tensor_row(query, q), A * sizeof *both);
            qp_tensor alone = qp_additive_attention(tape,
                                                    &(qp_additive){qp_tensor_of(2, A, both),
                                                                   (qp_sequences){.count = 2, .start = twice}, key,
                                                                   value, (qp_sequences){2, from, length}, energy},
                                                    NULL, NULL);
            for (int i = 0; i < 2; i++)
                cr_expect_arr_eq(qp_tensor_row(alone, i), qp_tensor_row(together, q), D * sizeof(qp_real), "query %d",
                                 q);
        }
    qp_tape_free(tape);
}

static void whole_pass(qp_tape *tape, qp_real *result)
{
    qp_tensor own_query = op_leaf(tape, qp_tensor_of(QUERIES, A, query.value)), own_energy = op_leaf(tape, energy);
    qp_tensor y = qp_additive_attention(tape, &(qp_additive){own_query, queries, key, value, keys, own_energy}, NULL,
                                        NULL);
    memcpy(result, y.value, QUERIES * D * sizeof *result);
    op_backward(tape, y);
    memcpy(result + QUERIES * D, own_query.node->grad, QUERIES * A * sizeof *result);
    memcpy(result + QUERIES * (D + A), own_energy.node->grad, A * sizeof *result);
}

Test(test_op_additive, threads_give_the_same_bits)
{
    prepare();
    op_same_in_threads(whole_pass, QUERIES * (D + A) + A);
}

Test(test_op_additive, refuses_what_does_not_fit)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_sequences fewer = keys;
    fewer.count--;
    op_refused(tape, qp_additive_attention(tape, &(qp_additive){query, queries, key, value, fewer, energy}, NULL, NULL),
               "fewer sources");
    op_refused(tape,
               qp_additive_attention(tape, &(qp_additive){query, queries, value, value, keys, energy}, NULL, NULL),
               "keys of another width");
    qp_tensor wrong = energy;
    wrong.columns--;
    op_refused(tape, qp_additive_attention(tape, &(qp_additive){query, queries, key, value, keys, wrong}, NULL, NULL),
               "a short energy");
    wrong = value;
    wrong.rows--;
    op_refused(tape, qp_additive_attention(tape, &(qp_additive){query, queries, key, wrong, keys, energy}, NULL, NULL),
               "fewer values than keys");
    static const int32_t beyond[] = {0, 4, 10, 10, KEYS + 1};
    op_refused(tape,
               qp_additive_attention(
                   tape,
                   &(qp_additive){query, queries, key, value, (qp_sequences){.count = 4, .start = beyond}, energy},
                   NULL, NULL),
               "keys beyond the matrix");
    qp_tape_free(tape);
}
