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
