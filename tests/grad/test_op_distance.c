#include <criterion/criterion.h>
#include <string.h>

#include "lib/grad/op_distance.h"
#include "tests/grad/op_check.h"

/* Sequences of 3 and 1 queries; 3 and 5 keys; distances up to 2 each have a vector. */
enum { HEADS = 2, WIDTH = 3, ROWS = 4, BUCKETS = 5, COUNT = HEADS * (3 * 3 + 1 * 5), RESULT = ROWS * HEADS * WIDTH };

static const int32_t query_start[] = {0, 3, 4}, key_start[] = {0, 3, 8};
static const qp_sequences qs = {.count = 2, .start = query_start}, ks = {.count = 2, .start = key_start};
static qp_tensor query, table, weights;

static void prepare(void)
{
    op_numbers_reset();
    query = op_matrix(ROWS, HEADS * WIDTH, 1);
    table = op_matrix(BUCKETS, WIDTH, 2);
    weights = op_matrix(COUNT, 1, 3);
}

static int at(int s, int q, int k)
{
    int queries = query_start[s + 1] - query_start[s], keys = key_start[s + 1] - key_start[s];
    int distance = k - (q + keys - queries);
    return (distance < -2 ? -2 : distance > 2 ? 2 : distance) + 2;
}

Test(test_op_distance, scores_and_values_are_plain_loops)
{
    prepare();
    double score[COUNT], value[RESULT] = {0};
    int n = 0;
    for (int s = 0; s < 2; s++)
        for (int h = 0; h < HEADS; h++)
            for (int q = 0; q < query_start[s + 1] - query_start[s]; q++)
                for (int k = 0; k < key_start[s + 1] - key_start[s]; k++, n++) {
                    int row = (query_start[s] + q) * HEADS * WIDTH + h * WIDTH;
                    score[n] = 0;
                    for (int d = 0; d < WIDTH; d++) {
                        double entry = (double)table.value[at(s, q, k) * WIDTH + d];
                        score[n] += 0.7 * (double)query.value[row + d] * entry;
                        value[row + d] += (double)weights.value[n] * entry;
                    }
                }
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor scores = qp_distance_scores(tape, query, table, qs, ks, HEADS, (qp_real)0.7);
    cr_assert_eq(scores.rows, COUNT);
    op_near("scores", COUNT, scores.value, score, 1e-5);
    op_near("values", RESULT, qp_distance_values(tape, weights, table, qs, ks, HEADS, ROWS).value, value, 1e-5);
    qp_tape_free(tape);
}

Test(test_op_distance, a_sequence_does_not_know_its_neighbours)
{
    prepare();
    static const int32_t one_query[] = {0, 1}, five_keys[] = {0, 5};
    const qp_sequences q = {.count = 1, .start = one_query}, k = {.count = 1, .start = five_keys};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor both = qp_distance_scores(tape, query, table, qs, ks, HEADS, 1), last = query;
    last.value = qp_tensor_row(query, 3);
    last.rows = 1;
    qp_tensor alone = qp_distance_scores(tape, last, table, q, k, HEADS, 1);
    cr_expect_arr_eq(alone.value, both.value + HEADS * 9, HEADS * 5 * sizeof(qp_real));
    qp_tape_free(tape);
}

static void compute(qp_tape *tape, qp_real *result)
{
    qp_tensor q = op_leaf(tape, query), t = op_leaf(tape, table);
    qp_tensor y = qp_distance_values(tape, qp_distance_scores(tape, q, t, qs, ks, HEADS, 1), t, qs, ks, HEADS, ROWS);
    memcpy(result, y.value, RESULT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + RESULT, q.node->grad, RESULT * sizeof *result);
    memcpy(result + 2 * RESULT, t.node->grad, BUCKETS * WIDTH * sizeof *result);
}

Test(test_op_distance, any_thread_count_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(compute, 2 * RESULT + BUCKETS * WIDTH);
}

Test(test_op_distance, wrong_shapes_are_refused)
{
    prepare();
    static const int32_t far_start[] = {0, 3, 9};
    const qp_sequences beyond = {.count = 2, .start = far_start}, one = {.count = 1, .start = query_start};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    qp_tensor even = table, narrow = qp_tensor_columns(table, 0, 2), few = weights;
    even.rows = 4;
    few.rows = 3;
    op_refused(tape, qp_distance_scores(tape, query, even, qs, ks, HEADS, 1), "an even table");
    op_refused(tape, qp_distance_scores(tape, query, narrow, qs, ks, HEADS, 1), "a narrow table");
    op_refused(tape, qp_distance_scores(tape, query, table, qs, one, HEADS, 1), "other sequences");
    op_refused(tape, qp_distance_scores(tape, query, table, beyond, ks, HEADS, 1), "rows beyond the query");
    op_refused(tape, qp_distance_values(tape, few, table, qs, ks, HEADS, ROWS), "too few weights");
    qp_tape_free(tape);
}
