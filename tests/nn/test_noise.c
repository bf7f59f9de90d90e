#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/nn/noise.h"

enum { ROWS = 100, COLUMNS = 40, COUNT = ROWS * COLUMNS };

static void compute(qp_tape *tape, qp_real *result)
{
    qp_real values[COUNT];
    for (int i = 0; i < COUNT; i++) values[i] = (qp_real)(i % 7);
    qp_tape_begin(tape, QP_TRAIN, 5);
    memcpy(result, qp_noise(tape, qp_tensor_of(ROWS, COLUMNS, values), (qp_real)0.5).value, sizeof values);
}

Test(noise, normal_with_its_deviation)
{
    qp_real y[COUNT];
    qp_tape *tape = qp_tape_new();
    compute(tape, y);
    double sum = 0, squares = 0;
    int inside = 0;
    for (int i = 0; i < COUNT; i++) {
        double n = (double)y[i] - i % 7;
        sum += n;
        squares += n * n;
        inside += fabs(n) < 0.5;
    }
    cr_expect_lt(fabs(sum / COUNT), 5 * 0.5 / sqrt(COUNT));
    cr_expect_lt(fabs(sqrt(squares / COUNT) - 0.5), 0.03);
    cr_expect_lt(fabs(inside / (double)COUNT - 0.6827), 0.04, "%d within a deviation", inside);
    qp_tape_free(tape);
}

Test(noise, nothing_happens_when_decoding_or_at_0_and_no_key_is_drawn)
{
    qp_tape *tape = qp_tape_new();
    qp_real numbers[16] = {1, 2, 3};
    qp_tensor x = qp_tensor_of(4, 4, numbers);
    qp_tape_begin(tape, QP_INFER, 5);
    cr_expect_eq(qp_noise(tape, x, 1).value, x.value);
    qp_tape_begin(tape, QP_TRAIN, 5);
    uint64_t first = qp_tape_next_key(tape);
    qp_tape_begin(tape, QP_TRAIN, 5);
    cr_expect_eq(qp_noise(tape, x, 0).value, x.value);
    cr_expect_eq(qp_tape_next_key(tape), first);
    qp_tape_free(tape);
}

Test(noise, the_gradient_passes)
{
    qp_tape *tape = qp_tape_new();
    qp_real beta;
    qp_tape_begin(tape, QP_TRAIN, 5);
    qp_tensor x = qp_tape_tensor(tape, 3, 5);
    for (int i = 0; i < 15; i++) x.value[i] = 1;
    qp_real *dy = qp_tape_grad(tape, qp_noise(tape, x, (qp_real)0.3), &beta);
    for (int i = 0; i < 15; i++) dy[i] = (qp_real)(i + 1);
    cr_assert_eq(qp_tape_backward_from(tape), QP_OK);
    const qp_real *dx = qp_tape_upstream(x);
    for (int i = 0; i < 15; i++) cr_assert_eq(dx[i], (qp_real)(i + 1));
    qp_tape_free(tape);
}

Test(noise, same_bits_in_any_thread)
{
    qp_real alone[COUNT];
    qp_tape *tape = qp_tape_new();
    compute(tape, alone);
    qp_tape_free(tape);
    int different = 0;
#pragma omp parallel num_threads(3) reduction(+ : different)
    {
        qp_real y[COUNT];
        qp_tape *own = qp_tape_new();
        compute(own, y);
        different += memcmp(y, alone, sizeof y) != 0;
        qp_tape_free(own);
    }
    cr_assert_eq(different, 0);
}

/* ---- stochastic depth ---- */

enum { SEQUENCES = 500 };

/* Of every sequence's rows all are left out or none; those that stay are 1/(1 - rate) of what they were. */
static int sequences_left_out(qp_tape *tape, uint64_t key, bool by_sequence)
{
    static int32_t start[SEQUENCES + 1];
    static qp_real ones[2 * SEQUENCES * 3];
    for (int i = 0; i <= SEQUENCES; i++) start[i] = 2 * i;
    for (int i = 0; i < 2 * SEQUENCES * 3; i++) ones[i] = 1;
    qp_tape_begin(tape, QP_TRAIN, key);
    qp_tensor y = qp_branch_drop(tape, qp_tensor_of(2 * SEQUENCES, 3, ones),
                                 (qp_sequences){.count = SEQUENCES, .start = start}, (qp_real)0.25, by_sequence);
    int left_out = 0;
    for (int i = 0; i < SEQUENCES; i++) {
        qp_real first = qp_tensor_row(y, 2 * i)[0];
        cr_assert(first == 0 || fabs((double)first - 1 / 0.75) < 1e-6);
        for (int e = 1; e < 6; e++) cr_assert_eq(qp_tensor_row(y, 2 * i)[e], first);
        left_out += first == 0;
    }
    return left_out;
}

Test(noise, branches_are_left_out_as_often_as_asked)
{
    qp_tape *tape = qp_tape_new();
    int rows = sequences_left_out(tape, 3, true), all = 0;
    cr_expect_lt(fabs(rows - 0.25 * SEQUENCES), 5 * sqrt(SEQUENCES * 0.1875), "%d of %d", rows, SEQUENCES);
    for (uint64_t key = 0; key < SEQUENCES; key++) {
        int left_out = sequences_left_out(tape, key, false);
        cr_assert(left_out == 0 || left_out == SEQUENCES);
        all += left_out > 0;
    }
    cr_expect_lt(fabs(all - 0.25 * SEQUENCES), 5 * sqrt(SEQUENCES * 0.1875), "%d of %d", all, SEQUENCES);
    qp_tape_free(tape);
}

/* A word is there everywhere or nowhere; about `rate` of the words are not; where it is, the mean is made good. */
Test(noise, a_word_is_left_out_wherever_it_stands)
{
    enum { WORDS = 400, PLACES = 3 * WORDS };
    int32_t id[PLACES];
    qp_real ones[2 * PLACES];
    for (int i = 0; i < PLACES; i++) id[i] = (int32_t)((i * 7) % WORDS);
    for (int i = 0; i < 2 * PLACES; i++) ones[i] = 1;
    qp_tensor x = qp_tensor_of(PLACES, 2, ones);
    qp_tape *tape = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 5);
    cr_expect_eq(qp_type_drop(tape, x, id, (qp_real)0.2).value, x.value);
    qp_tape_begin(tape, QP_TRAIN, 5);
    cr_expect_eq(qp_type_drop(tape, x, id, 0).value, x.value);
    qp_tensor y = qp_type_drop(tape, x, id, (qp_real)0.2);
    qp_real seen[WORDS];
    int dropped = 0;
    for (int i = 0; i < WORDS; i++) seen[i] = -1;
    for (int i = 0; i < PLACES; i++) {
        qp_real *first = &seen[id[i]];
        if (*first < 0) dropped += qp_tensor_row(y, i)[0] == 0;
        if (*first < 0) *first = qp_tensor_row(y, i)[0];
        cr_expect(qp_tensor_row(y, i)[0] == *first && qp_tensor_row(y, i)[1] == *first, "place %d", i);
        cr_expect(*first == 0 || fabs((double)*first - 1.25) < 1e-6);
    }
    cr_expect(dropped > 50 && dropped < 110, "%d of %d words", dropped, WORDS);
    qp_tape_free(tape);
}
