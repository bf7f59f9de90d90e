#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/grad/attention/op_relative.h"
#include "tests/grad/op_check.h"

enum { BUCKETS = 8, HEADS = 2, FIRST = 3 * 3 * HEADS, SECOND = 1 * 4 * HEADS, COUNT = FIRST + SECOND };

static const int32_t query_start[] = {0, 3, 4}, key_start[] = {0, 3, 7};
static const qp_sequences qs = {.count = 2, .start = query_start}, ks = {.count = 2, .start = key_start};
static qp_tensor table;

static void prepare(void)
{
    op_numbers_reset();
    table = op_matrix(BUCKETS, HEADS, 1);
}

/* The buckets of Raffel et al.'s code for 32 buckets and far 128. */
Test(test_op_relative, distances_fall_into_the_published_buckets)
{
    static const int distance[] = {0, -1, -7, -8, -12, -16, -40, -127, -128, -1000, 1, 7, 8, 60, 500};
    static const int both[] = {0, 1, 7, 8, 9, 10, 12, 15, 15, 15, 17, 23, 24, 29, 31};
    static const int one[] = {0, 1, 7, 8, 12, 16, 23, 31, 31, 31, 0, 0, 0, 0, 0};
    const qp_relative_config both_ways = {.both_ways = true}, one_way = {0};
    for (size_t i = 0; i < sizeof distance / sizeof *distance; i++) {
        cr_expect_eq(qp_relative_bucket(distance[i], 32, &both_ways), both[i], "both ways, %d: %d", distance[i],
                     qp_relative_bucket(distance[i], 32, &both_ways));
        cr_expect_eq(qp_relative_bucket(distance[i], 32, &one_way), one[i], "one way, %d: %d", distance[i],
                     qp_relative_bucket(distance[i], 32, &one_way));
    }
}

Test(test_op_relative, any_table_has_a_bucket_for_any_distance)
{
    for (int buckets = 2; buckets <= 64; buckets += 2)
        for (int far = 0; far <= 40; far += 8)
            for (int way = 0; way < 2; way++)
                for (int d = -300; d <= 300; d++) {
                    const qp_relative_config config = {.both_ways = way != 0, .far = far};
                    int bucket = qp_relative_bucket(d, buckets, &config);
                    cr_assert(bucket >= 0 && bucket < buckets, "%d buckets, far %d, %d: %d", buckets, far, d, bucket);
                }
}

Test(test_op_relative, it_is_a_plain_loop)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    const qp_relative_config config = {.both_ways = true, .far = 6};
    double expected[COUNT], *next = expected;
    for (int s = 0; s < 2; s++)
        for (int h = 0; h < HEADS; h++) {
            int queries = qp_sequence_length(qs, s), keys = qp_sequence_length(ks, s);
            for (int q = 0; q < queries; q++)
                for (int k = 0; k < keys; k++) {
                    int bucket = qp_relative_bucket(k - q - (keys - queries), BUCKETS, &config);
                    *next++ = (double)table.value[bucket * HEADS + h];
                }
        }
    qp_tensor y = qp_relative_bias(tape, table, qs, ks, &config);
    cr_assert_eq(y.rows, COUNT);
    op_near("bias", COUNT, y.value, expected, 0);
    qp_tape_free(tape);
}

Test(test_op_relative, a_sequence_does_not_know_its_neighbours)
{
    prepare();
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    const qp_relative_config config = {0};
    const qp_sequences q2 = {.count = 1, .start = query_start + 1}, k2 = {.count = 1, .start = key_start + 1};
    qp_tensor whole = qp_relative_bias(tape, table, qs, ks, &config),
              alone = qp_relative_bias(tape, table, q2, k2, &config);
    cr_expect_arr_eq(whole.value + FIRST, alone.value, SECOND * sizeof(qp_real));
    qp_tape_free(tape);
}

static void result_and_gradient(qp_tape *tape, qp_real *result)
{
    const qp_relative_config config = {.both_ways = true};
    qp_tensor leaf = op_leaf(tape, table), y = qp_relative_bias(tape, leaf, qs, ks, &config);
    memcpy(result, y.value, COUNT * sizeof *result);
    op_backward(tape, y);
    memcpy(result + COUNT, leaf.node->grad, BUCKETS * HEADS * sizeof *result);
}

Test(test_op_relative, any_number_of_threads_gives_the_same_bits)
{
    prepare();
    op_same_in_threads(result_and_gradient, COUNT + BUCKETS * HEADS);
}

Test(test_op_relative, wrong_shapes_are_refused)
{
    prepare();
    const qp_relative_config config = {0};
    const qp_sequences one = {.count = 1, .start = key_start};
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_TRAIN, 1);
    op_refused(tape, qp_relative_bias(tape, table, qs, one, &config), "other sequences of keys");
    op_refused(tape, qp_relative_bias(tape, op_matrix(5, 2, 1), qs, ks, &config), "an odd number of buckets");
    op_refused(tape, qp_relative_bias(tape, op_matrix(0, 2, 1), qs, ks, &config), "no buckets");
    qp_tape_free(tape);
}
