#include <criterion/criterion.h>

#include "lib/grad/attention/relative_bucket.h"

/* The buckets of Raffel et al.'s code for 32 buckets and far 128. */
Test(test_relative_bucket, distances_fall_into_the_published_buckets)
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

Test(test_relative_bucket, any_table_has_a_bucket_for_any_distance)
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
