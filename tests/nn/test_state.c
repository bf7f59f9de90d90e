#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/nn/state.h"

/* One step in which row r of the cache becomes `base + r` in both columns. */
static qp_tensor step(qp_state *state, qp_real base)
{
    qp_real kv[64];
    int rows = qp_state_rows(state);
    for (int r = 0; r < rows; r++) kv[2 * r] = kv[2 * r + 1] = base + (qp_real)r;
    cr_assert_eq(qp_state_step_begin(state, 1), QP_OK);
    qp_tensor cache = qp_state_append(state, 0, qp_tensor_of(rows, 2, kv));
    return cache;
}

static qp_real key(const qp_state *state, qp_tensor cache, int row, int time)
{
    qp_sequences s = qp_state_key_sequences(state);
    return *qp_tensor_row(cache, qp_state_key_row(state)[s.start[row] + time]);
}

static const int32_t source_start[] = {0, 3, 7};

Test(state, starts_with_one_row_a_source)
{
    qp_state *state = qp_state_new((qp_state_shape){.caches = 1, .cache_width = 2},
                                   (qp_sequences){.count = 2, .start = source_start});
    cr_assert_eq(qp_state_rows(state), 2);
    qp_sequences memory = qp_state_source_sequences(state);
    cr_assert_eq(memory.start[1], 3);
    cr_assert_eq(qp_sequence_length(memory, 1), 4);
    qp_state_free(state);
}

Test(state, reorder_carries_the_ancestry)
{
    qp_state *state = qp_state_new((qp_state_shape){.caches = 1, .cache_width = 2},
                                   (qp_sequences){.count = 2, .start = source_start});
    step(state, 10);
    qp_state_step_end(state);
    cr_assert_eq(qp_state_reorder(state, (const int32_t[]){1, 1, 0, 1}, 4), QP_OK);
    step(state, 20);
    qp_state_step_end(state);
    cr_assert_eq(qp_state_reorder(state, (const int32_t[]){3, 2}, 2), QP_OK);
    qp_tensor cache = step(state, 30);
    const qp_real expected[2][3] = {{11, 23, 30}, {10, 22, 31}};
    for (int row = 0; row < 2; row++)
        for (int time = 0; time < 3; time++) cr_assert_eq(key(state, cache, row, time), expected[row][time]);
    cr_assert_eq(qp_state_source_sequences(state).start[0], 3);
    cr_assert_eq(qp_state_source_sequences(state).start[1], 0);
    qp_state_free(state);
}

Test(state, grows_with_time)
{
    qp_state *state = qp_state_new((qp_state_shape){.caches = 1, .cache_width = 2},
                                   (qp_sequences){.count = 2, .start = source_start});
    qp_tensor cache = {0};
    for (int time = 0; time < 200; time++) {
        cache = step(state, (qp_real)(2 * time));
        if (time < 199) qp_state_step_end(state);
    }
    for (int time = 0; time < 200; time++) cr_assert_eq(key(state, cache, 1, time), (qp_real)(2 * time + 1));
    qp_state_free(state);
}

/* Several tokens of a hypothesis are side by side in the cache, and a later step continues after them. */
Test(state, takes_several_tokens_at_once)
{
    qp_state *state = qp_state_new((qp_state_shape){.caches = 1, .cache_width = 2},
                                   (qp_sequences){.count = 2, .start = source_start});
    const qp_real kv[] = {1, 1, 2, 2, 3, 3, 11, 11, 12, 12, 13, 13};
    cr_assert_eq(qp_state_step_begin(state, 3), QP_OK);
    qp_state_append(state, 0, qp_tensor_of(6, 2, (qp_real *)kv));
    cr_expect_eq(qp_sequence_rows(qp_state_query_sequences(state)), 6);
    cr_expect_eq(qp_state_query_sequences(state).start[1], 3);
    qp_state_step_end(state);
    cr_expect_eq(qp_state_time(state), 3);
    qp_tensor cache = step(state, 20);
    cr_expect_eq(qp_sequence_rows(qp_state_query_sequences(state)), 2);
    const qp_real expected[2][4] = {{1, 2, 3, 20}, {11, 12, 13, 21}};
    for (int row = 0; row < 2; row++)
        for (int time = 0; time < 4; time++) cr_expect_eq(key(state, cache, row, time), expected[row][time]);
    qp_state_free(state);
}

Test(state, rows_can_all_leave)
{
    qp_state *state = qp_state_new((qp_state_shape){.caches = 1, .cache_width = 2},
                                   (qp_sequences){.count = 2, .start = source_start});
    cr_assert_eq(qp_state_reorder(state, NULL, 0), QP_OK);
    cr_assert_eq(qp_state_rows(state), 0);
    qp_state_free(state);
}

/* Carries are gathered, into more rows and into fewer; time does not cost memory without caches. */
Test(state, carries_follow_their_hypotheses)
{
    qp_state *state = qp_state_new((qp_state_shape){.carries = 2}, (qp_sequences){.count = 2, .start = source_start});
    qp_real hidden[] = {1, 2, 3, 4}, cell[] = {5, 6};
    cr_assert_eq(qp_state_carry_set(state, 0, qp_tensor_of(2, 2, hidden)), QP_OK);
    cr_assert_eq(qp_state_carry_set(state, 1, qp_tensor_of(2, 1, cell)), QP_OK);
    for (int time = 0; time < 100; time++) {
        cr_assert_eq(qp_state_step_begin(state, 1), QP_OK);
        qp_state_step_end(state);
    }
    cr_assert_eq(qp_state_time(state), 100);
    cr_assert_eq(qp_state_reorder(state, (const int32_t[]){1, 0, 1}, 3), QP_OK);
    qp_tensor now = qp_state_carry(state, 0);
    const qp_real expected[] = {3, 4, 1, 2, 3, 4};
    cr_assert_eq(now.rows, 3);
    for (int i = 0; i < 6; i++) cr_expect_eq(now.value[i], expected[i]);
    cr_assert_eq(qp_state_reorder(state, (const int32_t[]){2, 1}, 2), QP_OK);
    cr_expect_eq(qp_state_carry(state, 1).value[0], 6);
    cr_expect_eq(qp_state_carry(state, 1).value[1], 5);
    cr_expect_eq(qp_state_source_sequences(state).start[0], 3);
    qp_state_free(state);
}
