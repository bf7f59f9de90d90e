#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/random.h"

Test(random, pure_function_of_key_and_counter)
{
    uint64_t key = qp_random_key(1, 2);
    cr_assert_eq(qp_random_bits(key, 5), qp_random_bits(key, 5));
    cr_assert_neq(qp_random_bits(key, 5), qp_random_bits(key, 6));
    cr_assert_neq(qp_random_key(1, 2), qp_random_key(2, 1));
    cr_assert_neq(qp_random_key(1, 2), qp_random_key(1, 3));
}

Test(random, moments)
{
    enum { COUNT = 200000 };
    double sum = 0, square = 0, normal = 0, normal_square = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double u = qp_random_uniform(7, i), n = qp_random_normal(8, i);
        cr_assert(u >= 0 && u < 1);
        sum += u;
        square += u * u;
        normal += n;
        normal_square += n * n;
    }
    cr_assert_float_eq(sum / COUNT, 0.5, 0.005);
    cr_assert_float_eq(square / COUNT, 1.0 / 3, 0.005);
    cr_assert_float_eq(normal / COUNT, 0, 0.01);
    cr_assert_float_eq(normal_square / COUNT, 1, 0.02);
}

Test(random, below)
{
    int seen[7] = {0};
    for (uint64_t i = 0; i < 7000; i++) {
        uint64_t value = qp_random_below(3, i, 7);
        cr_assert_lt(value, 7);
        seen[value]++;
    }
    for (int i = 0; i < 7; i++) cr_assert(abs(seen[i] - 1000) < 150, "%d: %d", i, seen[i]);
    cr_assert_eq(qp_random_below(3, 0, 1), 0);
}

Test(random, shuffle_is_a_permutation)
{
    int32_t index[1000];
    int moved = 0, seen[1000] = {0};
    for (int i = 0; i < 1000; i++) index[i] = i;
    qp_random_shuffle(9, index, 1000);
    for (int i = 0; i < 1000; i++) {
        seen[index[i]]++;
        moved += index[i] != i;
    }
    for (int i = 0; i < 1000; i++) cr_assert_eq(seen[i], 1);
    cr_assert_gt(moved, 950);
    qp_random_shuffle(9, index, 0);
}

/* The stream of a key is that of SplitMix64 with this seed; its first numbers for 1234567 are published with it. */
Test(random, bits_are_those_of_splitmix64)
{
    static const uint64_t known[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                     4593380528125082431u, 16408922859458223821u};
    for (uint64_t i = 0; i < 5; i++) {
        cr_expect_eq(qp_random_bits(1234567, i), known[i]);
        cr_expect_eq(qp_random_uniform(1234567, i), (double)(known[i] / 2048) / 9007199254740992.0); /* 53 bits */
        cr_expect_eq(qp_random_below(1234567, i, 1000), (uint64_t)((double)known[i] / 18446744073709551616.0 * 1000));
    }
}

/* Box and Muller: two uniform numbers make a distance and an angle. */
Test(random, normal_numbers_by_their_equation)
{
    for (uint64_t i = 0; i < 5; i++) {
        double u = qp_random_uniform(11, 2 * i), v = qp_random_uniform(11, 2 * i + 1);
        cr_expect_float_eq(qp_random_normal(11, i), sqrt(-2 * log(1 - u)) * cos(2 * acos(-1) * v), 1e-14);
    }
}

/* Each order of three things comes up equally often: 1000 times of 6000, give or take five standard deviations. */
Test(random, every_order_is_as_likely)
{
    int seen[27] = {0}, orders = 0;
    for (uint64_t key = 0; key < 6000; key++) {
        int32_t index[] = {0, 1, 2, 77};
        qp_random_shuffle(qp_random_key(5, key), index, 3);
        cr_assert_eq(index[3], 77);
        seen[index[0] * 9 + index[1] * 3 + index[2]]++;
    }
    for (int i = 0; i < 27; i++) {
        if (!seen[i]) continue;
        orders++;
        cr_expect(abs(seen[i] - 1000) < 145, "order %d: %d", i, seen[i]);
    }
    cr_expect_eq(orders, 6);
}
